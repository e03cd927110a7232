//! What must hold whatever was killed: asked of the tables themselves, and of the binary.

use chronogram_tests::Home;
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};

/// What must not be found, and how to look for it.
const FAULTS: [(&str, &str); 9] = [
    (
        "positions are dense from 1 to the head",
        "select count(*) from es.head where position <> (select count(*) from es.event) \
         or position <> (select coalesce(max(position), 0) from es.event) \
         or exists (select from es.event where position < 1)",
    ),
    (
        "revisions of each stream are dense from 0",
        "select count(*) from (select from es.event group by stream \
         having min(revision) <> 0 or max(revision) <> count(*) - 1) broken",
    ),
    (
        "each event belongs to one command, each command to its events",
        "select count(*) from (select first_position, lag(last_position, 1, 0) over (order by first_position) as before \
         from es.command) as command where first_position <> before + 1",
    ),
    (
        "the last command ends at the head",
        "select count(*) from es.head where position <> (select coalesce(max(last_position), 0) from es.command)",
    ),
    (
        "nothing is further than the log",
        "select count(*) from (select position from projection.checkpoint union all select position from projection.copy \
         union all select position from delivery.checkpoint union all select position from collection.checkpoint) place \
         where position > (select position from es.head)",
    ),
    (
        "a reply ends once",
        "select count(*) from (select from es.event where type in ('ReplySent', 'ReplyFailed') \
         group by data ->> 'reply' having count(*) > 1) twice",
    ),
    (
        "a reminder is told once for each time it was set to",
        "select count(*) from (select from es.event where type = 'ReminderDelivered' \
         group by stream, data ->> 'due_at' having count(*) > 1) twice",
    ),
    (
        "a channel's day has one count",
        "select count(*) from (select from es.event where type = 'ChannelSnapshotTaken' \
         group by stream, left(data ->> 'taken_at', 10) having count(*) > 1) twice",
    ),
    ("no scratch tables stay behind", "select count(*) from pg_namespace where nspname ~ '_(aside|why_.*)$'"),
];

/// The log is whole and its chain verifies, no effect is doubled, and every read model equals a replay. Nothing else may
/// run on the database.
pub(crate) async fn assert_whole(home: &Home) {
    let options: PgConnectOptions = home.database_url().expect("a database of the tests").parse().unwrap();
    assert_log_is_whole(&options).await;
    let checked = home.run(&["fsck"]).unwrap();
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));
}

/// Of it what the tables show.
pub(crate) async fn assert_log_is_whole(options: &PgConnectOptions) {
    let mut connection = options.connect().await.unwrap();
    for (rule, faults) in FAULTS {
        let faults: i64 = sqlx::query_scalar(faults).fetch_one(&mut connection).await.unwrap();
        assert_eq!(faults, 0, "broken: {rule}");
    }
    connection.close().await.unwrap();
}
