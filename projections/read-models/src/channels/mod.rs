//! The read model `channels`: which ones are known and tracked, and every post as last observed.

mod fold;
mod queries;
mod rows;
mod write;

pub use fold::Channels;
pub use queries::{
    ChannelFilter, ChannelOrder, PostFilter, PostOrder, channel_by_username, channel_service_messages, channels,
    channels_by_id, count_channel_service_messages, count_channels, count_posts, posts, posts_by_id, published_between,
};
pub use rows::{ChannelRow, ChannelServiceMessageRow, PostRow, Published};

/// Name of the projection.
pub const NAME: &str = "channels";

/// Version of its tables and fold.
pub const VERSION: u32 = 2;
