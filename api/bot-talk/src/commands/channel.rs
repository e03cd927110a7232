//! How people name a channel: `@name`, a link to it or to a post of it, or its number `-100…`.

use std::fmt;

use chronogram_model::ChatId;

use super::Wrong;

/// The highest number that is a channel's: the Bot API writes a channel's bare id after −100.
const CHANNEL_MAX: i64 = -1_000_000_000_001;

/// Telegram's bounds of a username; four letters only when it was bought.
const USERNAME_MIN: usize = 4;
const USERNAME_MAX: usize = 32;

/// The hosts of links to Telegram.
const HOSTS: [&str; 3] = ["t.me/", "telegram.me/", "telegram.dog/"];

/// First parts of links that lead elsewhere than to a channel of that name.
const NO_CHANNELS: [&str; 8] =
    ["addstickers", "addemoji", "share", "proxy", "login", "addlist", "addtheme", "setlanguage"];

/// A channel as somebody named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelRef {
    /// By its username.
    Username(Username),
    /// By its number: always that of a channel or supergroup (`-100…`).
    Id(ChatId),
}

/// A public name: 4 to 32 of `A–Z a–z 0–9 _`, a letter first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// The name where it has a username's shape; without its @.
    pub fn of(name: &str) -> Option<Self> {
        let is_username = (USERNAME_MIN..=USERNAME_MAX).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && name.starts_with(|first: char| first.is_ascii_alphabetic());
        is_username.then(|| Self(name.to_owned()))
    }

    /// The name without its @.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelRef {
    /// As the Bot API takes it: `@name` or `-100…`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Username(name) => write!(f, "@{}", name.0),
            Self::Id(id) => id.fmt(f),
        }
    }
}

impl ChannelRef {
    /// The channel that somebody named.
    pub fn said(said: &str) -> Result<Self, Wrong> {
        let not_a_channel = || Wrong::NotAChannel { said: said.to_owned() };
        if let Some(name) = said.strip_prefix('@') {
            return Username::of(name).map(Self::Username).ok_or_else(not_a_channel);
        }
        if let Some(path) = path_of_link(said) {
            return of_path(path)?.ok_or_else(not_a_channel);
        }
        let id = said.parse().ok().filter(|id| *id <= CHANNEL_MAX);
        id.map(|id| Self::Id(ChatId(id))).ok_or_else(not_a_channel)
    }
}

/// What stands after the host, without query and fragment.
fn path_of_link(said: &str) -> Option<&str> {
    let without = |text: &str, prefix: &str| {
        let starts = text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        starts.then_some(prefix.len())
    };
    let scheme = ["https://", "http://"].iter().find_map(|scheme| without(said, scheme)).unwrap_or(0);
    let link = said.get(scheme..)?;
    let host = HOSTS.iter().find_map(|host| without(link, host))?;
    link.get(host..)?.split(['?', '#']).next()
}

fn of_path(path: &str) -> Result<Option<ChannelRef>, Wrong> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let (Some(first), second) = (parts.next(), parts.next()) else { return Ok(None) };
    Ok(match (first, second) {
        ("joinchat", _) => return Err(Wrong::InviteLink),
        (invitation, _) if invitation.starts_with('+') => return Err(Wrong::InviteLink),
        // A post of a private channel: the channel's bare number stands in it.
        ("c", Some(bare)) => {
            let bare = bare.parse().ok().filter(|bare| (1..=i64::from(u32::MAX) * 1000).contains(bare));
            bare.map(|bare| ChannelRef::Id(ChatId::supergroup(bare)))
        }
        // The page that shows a channel in a browser.
        ("s", Some(name)) => Username::of(name).map(ChannelRef::Username),
        (other, _) if NO_CHANNELS.contains(&other) => None,
        (name, _) => Username::of(name).map(ChannelRef::Username),
    })
}
