//! The commands there are, and whom they are for.

/// A command of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Command {
    Start,
    Help,
    Lang,
    Tz,
    Remind,
    Reminders,
    Profile,
    Add,
    List,
    Stats,
    Remove,
    Health,
}

impl Command {
    /// Every command, in the order help lists them.
    pub const ALL: [Self; 12] = [
        Self::Start,
        Self::Help,
        Self::Remind,
        Self::Reminders,
        Self::Tz,
        Self::Lang,
        Self::Profile,
        Self::Add,
        Self::List,
        Self::Stats,
        Self::Remove,
        Self::Health,
    ];

    /// Its name without the slash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Help => "help",
            Self::Lang => "lang",
            Self::Tz => "tz",
            Self::Remind => "remind",
            Self::Reminders => "reminders",
            Self::Profile => "profile",
            Self::Add => "add",
            Self::List => "list",
            Self::Stats => "stats",
            Self::Remove => "remove",
            Self::Health => "health",
        }
    }

    /// Whether it is about channels: for admins, and for those who run the channel.
    pub const fn is_about_channels(self) -> bool {
        matches!(self, Self::Add | Self::List | Self::Stats | Self::Remove)
    }

    /// Whether it is about the system: for admins.
    pub const fn is_for_admins(self) -> bool {
        matches!(self, Self::Health)
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|command| name.eq_ignore_ascii_case(command.name()))
    }
}
