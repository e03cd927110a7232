//! The phrases of the bot in the order of the files: each with its numbers in brackets, then its words.
//!
//! Numbers come first and are typed, for they choose the forms of the words around them, and a number given as words
//! would choose wrongly in silence.

use super::{Phrase, Word};

/// Makes a function of each phrase, and for tests a list of them all.
macro_rules! phrases {
    ($( $name:ident [ $( $number:ident ),* ] ( $( $word:ident ),* ); )*) => {
        $(
            pub(crate) fn $name<'a>($( $number: i64, )* $( $word: impl Into<Word<'a>> ),*) -> Phrase<'a> {
                Phrase {
                    name: stringify!($name),
                    variables: vec![
                        $( (stringify!($number), Word::Number($number)), )*
                        $( (stringify!($word), $word.into()), )*
                    ],
                }
            }
        )*

        /// Every phrase, its numbers and its words.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &[&str], &[&str])] =
            &[$( (stringify!($name), &[$( stringify!($number) ),*], &[$( stringify!($word) ),*]) ),*];
    };
}

phrases! {
    // Time.
    day[day, month](year);
    moment[](day, time);
    moment_in_zone[](moment, zone);
    span_two[](larger, smaller);
    span_days[count]();
    span_hours[count]();
    span_minutes[count]();
    span_seconds[count]();
    left[](span);
    left_none[]();
    times_in[](zone);
    page[number, pages]();

    // Examples.
    example_remind[]();
    example_text[]();
    example_tomorrow[]();

    // Beginning and help.
    start_hello[](name);
    start_hello_nameless[]();
    start_what[](example);
    start_next[]();
    help_title[]();
    help_command[](command, description);
    help_channels[]();
    help_own_channels[]();
    help_admins[]();
    help_when[](day);
    help_talk[]();
    unknown_command[](command, help);
    noted[]();
    command_start[]();
    command_help[]();
    command_lang[]();
    command_tz[]();
    command_remind[]();
    command_reminders[]();
    command_profile[]();
    command_add[]();
    command_list[]();
    command_stats[]();
    command_remove[]();
    command_health[]();

    // Language and time zone.
    language_ask[]();
    language_chosen[]();
    zone_shown[](zone);
    zone_assumed[](zone);
    zone_set[](zone);
    zone_now[](moment);
    zone_how[](city, offset);

    // Reminders.
    reminder_scheduled[](moment, left);
    reminder_over[](moment);
    reminder_put_off[](moment, left);
    reminder_put_off_ask[](moment);
    reminder_cancelled[]();
    reminder_not_found[](command);
    reminder_already_told[]();
    reminder_already_cancelled[]();
    reminder_has_failed[]();
    reminder_late[](span, moment);
    reminders_none[](example);
    reminders_title[count]();
    reminders_when[](moment, left);

    // About you.
    profile_none[]();
    profile_title[]();
    profile_field[](label, value, sureness);
    profile_made[](moment);
    profile_sure[]();
    profile_likely[]();
    profile_guess[]();
    profile_name[]();
    profile_language[]();
    profile_interests[]();
    profile_summary[]();
    profile_activity[]();
    profile_hours[]();
    profile_style[]();
    profile_occupation[]();
    profile_location[]();
    profile_tone[]();
    activity_silent[]();
    activity_occasional[]();
    activity_regular[]();
    activity_very_active[]();
    hours_in[](from, to, zone);
    language_russian[]();
    language_english[]();
    language_other[]();
    style_short[]();
    style_medium[]();
    style_long[]();

    // Channels.
    channel_added[](channel);
    channel_already_tracked[](channel);
    channel_not_found[](channel);
    channel_no_access[](channel, add);
    channel_owner_unknown[](channel);
    channel_not_tracked[](channel, add);
    channel_not_yours[](channel);
    channel_ask_removal[](channel);
    channel_removed[](channel);
    channel_stays[](channel);
    channels_none[](example);
    channels_title[count]();
    channels_line[](channel, members, day);
    members[count](shown);
    members_unknown[]();

    // Numbers.
    stats_title[days](channel);
    stats_members[](count, moment);
    stats_no_members[]();
    stats_change[](change);
    stats_no_change[]();
    stats_covers_less[](span, moment);
    stats_covers_more[](span, moment);
    stats_posts[](count);
    stats_last_days[count]();
    stats_no_posts[]();

    // Health.
    health_well[]();
    health_degraded[]();
    health_unhealthy[]();
    health_unknown[]();
    health_latency[ms]();
    health_when[](moment);

    // Buttons.
    button_later[]();
    button_cancel[]();
    button_ten_minutes[]();
    button_hour[]();
    button_day[]();
    button_tomorrow_at_nine[]();
    button_close[]();
    button_back[]();
    button_forward[]();
    button_stats[]();
    button_days[days]();
    button_ask_removal[]();
    button_remove[]();
    button_keep[]();

    // Notices.
    notice_done[]();
    notice_cancelled[]();
    notice_put_off[]();
    notice_not_found[]();
    notice_already_told[]();
    notice_old_button[]();
    notice_not_for_you[]();
    notice_failed[]();

    // Not so.
    refused[](help);
    something_went_wrong[](error);
    usage_example[](example);
    wrong_language[](said);
    wrong_zone[](said);
    wrong_zone_suggested[](said);
    wrong_no_when[]();
    wrong_when[](said, day);
    wrong_no_time[](said);
    wrong_day[](said);
    wrong_time[](said);
    wrong_over[](moment);
    wrong_too_far[]();
    wrong_no_text[]();
    wrong_text_too_long[units, max]();
    wrong_no_channel[]();
    wrong_channel[](said);
    wrong_invite_link[]();
    wrong_days[max](said);
}
