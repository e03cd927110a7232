-- One index for every filter and order that queries.rs offers.

-- A title may be unknown; it sorts as the empty one.
create index channel_by_title on channel (coalesce(title, ''), id);
create index channel_by_posts on channel (posts_count, id);
create index channel_by_tracked on channel (tracked, id);
create index channel_by_tracked_title on channel (tracked, coalesce(title, ''), id);
create index channel_by_tracked_posts on channel (tracked, posts_count, id);
create index channel_by_username on channel (lower(username), last_position);

create index post_by_posted_at on post (channel, posted_at, post_id);
create index post_by_reactions on post (channel, reactions_total, post_id);
