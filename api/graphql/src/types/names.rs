//! Names that rows hold as text and GraphQL as enums.

use async_graphql::Enum;
use chronogram_model::conversation::ChatKind as ModelChatKind;
use serde::{Deserialize, de::IntoDeserializer};

use crate::errors::Failure;

/// The kind of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "snake_case")]
#[graphql(remote = "ModelChatKind")]
pub(crate) enum ChatKind {
    /// Between two people.
    Private,
    /// Between a person and a bot.
    Bot,
    /// A person's notes to themself.
    SavedMessages,
    /// A basic group.
    Group,
    /// A supergroup.
    Supergroup,
    /// A channel.
    Channel,
    /// Over the HTTP or GraphQL API.
    Api,
}

/// Which way an observation reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// A Telegram Desktop export.
    Export,
    /// The HTTP or GraphQL API.
    Api,
    /// An update of the Bot API.
    Telegram,
}

/// The value that a row calls `name`.
pub(crate) fn named<T: for<'de> Deserialize<'de>>(name: &str) -> Result<T, Failure> {
    let read: Result<T, serde::de::value::Error> = T::deserialize(name.into_deserializer());
    read.map_err(|error| Failure::internal(std::sync::Arc::new(error)))
}
