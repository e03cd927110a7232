//! The menu of commands that Telegram shows beside the input field (`setMyCommands`), for each language and role.

use crate::{
    commands::Command,
    compose::Composer,
    language::Language,
    texts::{Phrase, say},
    views::Role,
};

/// A line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuEntry {
    /// The command without its slash: 1 to 32 of `a–z 0–9 _`.
    pub command: &'static str,
    /// What it does: 1 to 256 characters.
    pub description: String,
}

/// The menu for people of this role. Commands for admins stand in the menu of admins only.
///
/// Set the one of [`Role::Person`] for all private chats (scope `all_private_chats`), in English without a language
/// code and in Russian for `ru`; and the one of [`Role::Admin`] for the chat of each admin (scope `chat`).
pub fn menu(language: Language, role: Role) -> Vec<MenuEntry> {
    let shown = |command: &Command| *command != Command::Start && (role == Role::Admin || !command.is_for_admins());
    let entry = |command: Command| MenuEntry {
        command: command.name(),
        description: Composer::plain(language, &description(command)),
    };
    Command::ALL.into_iter().filter(shown).map(entry).collect()
}

/// What a command does, in a few words.
pub(crate) fn description(command: Command) -> Phrase<'static> {
    match command {
        Command::Start => say::command_start(),
        Command::Help => say::command_help(),
        Command::Lang => say::command_lang(),
        Command::Tz => say::command_tz(),
        Command::Remind => say::command_remind(),
        Command::Reminders => say::command_reminders(),
        Command::Profile => say::command_profile(),
        Command::Add => say::command_add(),
        Command::List => say::command_list(),
        Command::Stats => say::command_stats(),
        Command::Remove => say::command_remove(),
        Command::Health => say::command_health(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn menus_fit_into_telegrams_limits() {
        for language in Language::ALL {
            for entry in menu(language, Role::Admin) {
                assert!((1..=256).contains(&entry.description.chars().count()), "{entry:?}");
                assert!((1..=32).contains(&entry.command.len()), "{entry:?}");
                assert!(entry.command.bytes().all(|byte| byte.is_ascii_lowercase()), "{entry:?}");
            }
        }
    }

    #[test]
    fn ordinary_people_are_not_shown_what_they_would_be_refused() {
        let names = |role| menu(Language::En, role).into_iter().map(|entry| entry.command).collect::<Vec<_>>();
        assert_eq!(
            names(Role::Person),
            ["help", "remind", "reminders", "tz", "lang", "profile", "add", "list", "stats", "remove"]
        );
        assert!(names(Role::Admin).ends_with(&["add", "list", "stats", "remove", "health"]));
    }

    #[test]
    fn menus_read_well() {
        let shown = |language| {
            let entries = menu(language, Role::Admin).into_iter();
            entries.map(|entry| format!("/{} - {}", entry.command, entry.description)).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!("menu_ru", shown(Language::Ru));
        insta::assert_snapshot!("menu_en", shown(Language::En));
    }
}
