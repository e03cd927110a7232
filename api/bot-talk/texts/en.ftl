# What the bot says in English. Messages and variables are named as in ru.ftl and in src/texts/say.rs.
# The marks <b>, <i>, <code> become formatting; words of people are put in as they are.

## Time

day = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
moment = { $day }, { $time }
moment_in_zone = { $moment } ({ $zone })
span_two = { $larger } { $smaller }
span_days = { $count } { $count ->
    [one] day
   *[other] days
}
span_hours = { $count } { $count ->
    [one] hour
   *[other] hours
}
span_minutes = { $count } { $count ->
    [one] minute
   *[other] minutes
}
span_seconds = { $count } { $count ->
    [one] second
   *[other] seconds
}
left = in { $span }
left_none = any moment now
times_in = Times in { $zone }
page = page { $number } of { $pages }

## Examples

example_remind = /remind 10m turn the kettle off
example_text = call mum
example_tomorrow = tomorrow

## Beginning and help

start_hello = Hello, { $name }! 👋
start_hello_nameless = Hello! 👋
start_what =
    I remember what you write to me, and remind you of what matters in time.
    Try: { $example }
start_next =
    /tz — your time zone, so that reminders come by your clock
    /help — everything I can do
help_title = <b>What I can do</b>
help_command = { $command } — { $description }
help_channels = <b>Channels</b>
help_own_channels = <b>Channels that you run</b>
help_admins = <b>For admins</b>
help_when =
    <b>When to remind you</b>
    <code>10m</code>, <code>2h30m</code>, <code>1d</code>, <code>90s</code> — that long from now
    <code>09:00</code> — the next time it is 9 in the morning
    <code>tomorrow 09:00</code>, { $day } — exactly then
help_talk = And when you just write to me, I remember it.
unknown_command = I have no command { $command }. Everything I can do: { $help }
noted = ✍️ Noted.

command_start = get to know me
command_help = what I can do
command_lang = choose the language
command_tz = your time zone
command_remind = remind you: when and of what
command_reminders = your reminders
command_profile = what I know about you
command_add = follow a channel
command_list = channels I follow
command_stats = a channel's numbers for 7 days, or as many as you say
command_remove = stop following a channel
command_health = how the system is doing

## Language and time zone

language_ask = We are speaking English now. Which language would you like?
language_chosen = All right, English it is.
zone_shown = 🕒 Your time zone: { $zone }
zone_assumed = 🕒 You have not chosen a time zone yet, so I go by { $zone }
zone_set = 🕒 Done, your time zone: { $zone }
zone_now = Your time now: { $moment }
zone_how = To change it: { $city } or { $offset }

## Reminders

reminder_scheduled = ✅ I will remind you on { $moment } — { $left }:
reminder_over = ⏰ Your message reached me late: this was due on { $moment }. I remind you at once.
reminder_put_off = ⏰ Put off. I will remind you on { $moment } — { $left }:
reminder_put_off_ask =
    ⏰ Put off until when?
    It is set for { $moment }:
reminder_cancelled = ✖️ Reminder cancelled:
reminder_not_found = There is no such reminder. All your reminders: { $command }
reminder_already_told = I have told you this already. You can put it off to hear it again, but there is nothing to cancel.
reminder_already_cancelled = This reminder is cancelled already.
reminder_has_failed = This reminder could not be delivered. You can put it off to another time.
reminder_late = <i>Late by { $span }: this was due on { $moment }. Sorry!</i>
reminders_none =
    No reminders.
    To make one: { $example }
reminders_title = <b>{ $count } { $count ->
    [one] reminder
   *[other] reminders
}</b>
reminders_when = { $moment } — { $left }

## About you

profile_none = I know nothing about you yet. Write me something, and little by little we will get acquainted.
profile_title = <b>What I know about you</b>
profile_field = <b>{ $label }:</b> { $value } <i>({ $sureness })</i>
profile_made = Updated on { $moment }
profile_sure = sure
profile_likely = likely
profile_guess = a guess
profile_name = Name
profile_language = Language
profile_interests = Interests
profile_summary = In short
profile_activity = Activity
profile_hours = You write mostly
profile_style = Messages
profile_occupation = Occupation
profile_location = Place
profile_tone = Tone
activity_silent = you have not written yet
activity_occasional = you write now and then
activity_regular = you write regularly
activity_very_active = you write very often
hours_in = { $from }–{ $to } in { $zone }
language_russian = Russian
language_english = English
language_other = another
style_short = short
style_medium = of medium length
style_long = long

## Channels

channel_added =
    ✅ I follow { $channel } from now on.
    I count its members now, and then once a day.
channel_already_tracked = I follow { $channel } already.
channel_not_found =
    I cannot find the channel { $channel }.
    Check the name. To a private channel I have to be added first, as an administrator.
channel_no_access =
    I have no access to the channel { $channel }.
    Add me to it as an administrator (I need no rights there), then send again: { $add }
channel_owner_unknown =
    I cannot see whether you run the channel { $channel }: Telegram tells that only to administrators.
    Add me to it as an administrator (I need no rights there), then send the command again.
channel_not_tracked =
    I do not follow { $channel }.
    To begin: { $add }
channel_not_yours =
    You do not run the channel { $channel }: only its administrators may do this.
    Ask its owner to make you one.
channel_ask_removal =
    Stop following { $channel }?
    No new data will come; what has been collected stays.
channel_removed = 🗑 I no longer follow { $channel }. The data collected so far stays.
channel_stays = All right, I keep following { $channel }.
channels_none =
    I follow no channels yet.
    To add one: { $example }
channels_title = <b>I follow { $count } { $count ->
    [one] channel
   *[other] channels
}</b>
channels_line = { $channel } — { $members }, followed since { $day }
members = { $shown } { $count ->
    [one] member
   *[other] members
}
members_unknown = members not counted yet

## Numbers

stats_title = 📊 { $channel } — over { $days } { $days ->
    [one] day
   *[other] days
}
stats_members = Members: <b>{ $count }</b>, on { $moment }
stats_no_members = Members are not counted yet: there has been no first count.
stats_change = Change: <b>{ $change }</b>
stats_no_change = Change: nothing to compare with yet, there is only one count.
stats_covers_less = <i>The data covers only { $span }, since { $moment }.</i>
stats_covers_more = <i>There was no count nearer to the beginning: this is the change over { $span }, since { $moment }.</i>
stats_posts = Posts: <b>{ $count }</b>
stats_last_days = The last { $count } { $count ->
    [one] day
   *[other] days
}:
stats_no_posts = The posts of this channel are not collected.

## Health

health_well = <b>All is well</b>
health_degraded = <b>Working, but there is something to look at</b>
health_unhealthy = <b>Something is broken</b>
health_unknown = <b>Nothing was checked</b>
health_latency = { $ms } ms
health_when = Checked on { $moment }

## Buttons

button_later = ⏰ Put off
button_cancel = ✖️ Cancel
button_ten_minutes = ⏰ +10 minutes
button_hour = ⏰ +1 hour
button_day = ⏰ +1 day
button_tomorrow_at_nine = ⏰ Tomorrow at 9:00
button_close = Close
button_back = ‹ Back
button_forward = Next ›
button_stats = 📊 Numbers
button_days = { $days } { $days ->
    [one] day
   *[other] days
}
button_ask_removal = 🗑 Stop following
button_remove = Yes, stop
button_keep = No, keep it

## Notices

notice_done = Done
notice_cancelled = Cancelled
notice_put_off = Put off
notice_not_found = This reminder is gone
notice_already_told = I have told you this already
notice_old_button = This button is out of date. Send the command again
notice_not_for_you = This button is not for you
notice_failed = That did not work. Try again a little later

## Not so

refused = Only admins can do this. What you can do: { $help }
something_went_wrong =
    Something went wrong, and it is our fault. Please try again a little later.
    If it happens again, mention this number: { $error }
usage_example = For example: { $example }
wrong_language = I do not know the language { $said }. I speak Russian (ru) and English (en).
wrong_zone =
    I know no time zone { $said }.
    Name a city, like Europe/Moscow, or an offset in whole hours, like +3.
wrong_zone_suggested = I know no time zone { $said }. One of these, perhaps?
wrong_no_when = Write when to remind you, and of what.
wrong_when =
    I do not understand when: { $said }.
    You can write <code>10m</code>, <code>2h30m</code>, <code>09:00</code>, <code>tomorrow 09:00</code>, { $day }.
wrong_no_time = At what time? The day { $said } needs one.
wrong_day = There is no such day in the calendar: { $said }.
wrong_time = There is no such time on the clock: { $said }.
wrong_over = This time is over: { $moment }.
wrong_too_far = That is more than ten years ahead. I promise no further.
wrong_no_text = Remind you of what? Write it after the time.
wrong_text_too_long = The text is too long: { $units } { $units ->
    [one] character
   *[other] characters
}, and no more than { $max } will do.
wrong_no_channel = Write which channel.
wrong_channel = { $said } does not look like a channel. I need a name with @, a t.me link, or a number that begins with -100.
wrong_invite_link = An invite link does not tell me the channel. Add me to the channel and send its number, which begins with -100.
wrong_days = { $said } is not a number of days. It can be from 1 to { $max }.
