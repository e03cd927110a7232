#![allow(clippy::unwrap_used)]

use super::*;

const CHANNEL: ChatId = ChatId::supergroup(1_878_264_527);

fn tracked() -> ChannelTracked {
    let tracked_at = Timestamp::from_second(1_700_000_000).unwrap();
    ChannelTracked { channel: CHANNEL, username: None, title: None, tracked_at }
}

fn untracked() -> ChannelUntracked {
    ChannelUntracked { channel: CHANNEL, untracked_at: tracked().tracked_at }
}

fn snapshot() -> ChannelCommand {
    let (taken_at, source) = (tracked().tracked_at, CollectionSource::BotApi);
    ChannelCommand::TakeSnapshot(ChannelSnapshotTaken { channel: CHANNEL, members: 21, taken_at, source })
}

fn failure() -> ChannelCommand {
    ChannelCommand::NoteCollectionFailed(CollectionFailed {
        channel: CHANNEL,
        what: Collected::Members,
        source: CollectionSource::BotApi,
        reason: CollectionRefusal::Forbidden,
        failed_at: tracked().tracked_at,
    })
}

fn administrator(user: i64) -> ChannelAdministratorSeen {
    let seen_at = tracked().tracked_at;
    ChannelAdministratorSeen { channel: CHANNEL, person: PersonId::Telegram(user), seen_at }
}

fn given_when(events: &[ChannelEvent], command: &ChannelCommand) -> Result<Vec<ChannelEvent>, ChannelRejection> {
    Channel::decide(&events.iter().fold(ChannelState::default(), Channel::evolve), command)
}

#[test]
fn a_channel_is_tracked_once() {
    let past = [tracked().into()];
    let refused = given_when(&past, &ChannelCommand::Track(tracked()));
    assert_eq!(refused, Err(ChannelRejection::AlreadyTracked { channel: CHANNEL }));
}

#[test]
fn only_a_tracked_channel_is_untracked_and_it_can_be_tracked_again() {
    let refused = given_when(&[], &ChannelCommand::Untrack(untracked()));
    assert_eq!(refused, Err(ChannelRejection::NotTracked { channel: CHANNEL }));
    let past = [tracked().into(), untracked().into()];
    assert_eq!(given_when(&past, &ChannelCommand::Track(tracked())), Ok(vec![tracked().into()]));
}

#[test]
fn only_a_tracked_channel_is_counted() {
    let (never, given_up) = (Vec::new(), vec![tracked().into(), untracked().into()]);
    for past in [&never, &given_up] {
        for command in [snapshot(), failure()] {
            assert_eq!(given_when(past, &command), Err(ChannelRejection::NotTracked { channel: CHANNEL }));
        }
    }
    for command in [snapshot(), failure()] {
        assert_eq!(given_when(&[tracked().into()], &command).map(|events| events.len()), Ok(1));
    }
}

#[test]
fn an_administrator_is_news_once() {
    let seen = |user| ChannelCommand::NoteAdministrator(administrator(user));
    assert_eq!(given_when(&[], &seen(7)), Ok(vec![administrator(7).into()]));
    let past = [administrator(7).into()];
    assert_eq!(given_when(&past, &seen(7)), Ok(Vec::new()));
    assert_eq!(given_when(&past, &seen(8)), Ok(vec![administrator(8).into()]));
}
