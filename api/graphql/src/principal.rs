//! Who asks, and what they may do: known to the schema and to every edge that serves it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a token may do. There are no other roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads everything analysts see.
    Analyst,
    /// Reads, and operates: messages, imports, projections.
    Operator,
    /// Reads, and installs plugins.
    PluginAuthor,
    /// Everything.
    Admin,
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of analyst, operator, plugin-author, admin")]
pub struct UnknownRole;

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Analyst, Self::Operator, Self::PluginAuthor, Self::Admin];

    /// The name in tokens, SQL, logs and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::Operator => "operator",
            Self::PluginAuthor => "plugin-author",
            Self::Admin => "admin",
        }
    }

    /// Whether somebody with this role may do what asks for `needed`: an admin everything, everybody reading.
    pub const fn allows(self, needed: Self) -> bool {
        matches!(
            (self, needed),
            (Self::Admin, _)
                | (_, Self::Analyst)
                | (Self::Operator, Self::Operator)
                | (Self::PluginAuthor, Self::PluginAuthor)
        )
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(name: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or(UnknownRole)
    }
}

/// Who asks: the token's name and role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Name of the token; stands in the log as the actor of what it does.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

impl Principal {
    /// Whether they may do what asks for `needed`.
    pub const fn allows(&self, needed: Role) -> bool {
        self.role.allows(needed)
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn an_admin_may_everything_and_everybody_may_read() {
        for role in Role::ALL {
            assert!(Role::Admin.allows(role));
            assert!(role.allows(Role::Analyst));
        }
        assert!(!Role::Analyst.allows(Role::Operator));
        assert!(!Role::Operator.allows(Role::PluginAuthor));
        assert!(!Role::PluginAuthor.allows(Role::Operator));
        assert!(!Role::Operator.allows(Role::Admin));
    }

    #[test]
    fn a_role_is_read_back_from_its_name() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>(), Ok(role));
        }
        assert!("root".parse::<Role>().is_err());
    }
}
