//! What each method does. One file a field; the rows that name them are in `api/table`.

pub(crate) mod callbacks;
pub(crate) mod chats;
pub(crate) mod commands;
pub(crate) mod deletes;
pub(crate) mod edits;
pub(crate) mod files;
pub(crate) mod forwards;
mod markup;
pub(crate) mod me;
pub(crate) mod media;
pub(crate) mod messages;
pub(crate) mod payments;
pub(crate) mod pins;
mod post;
pub(crate) mod reactions;
mod target;
pub(crate) mod topics;
pub(crate) mod updates;
pub(crate) mod webhooks;
mod words;
