//! The table itself refuses what no program should do.

use chronogram_event_store::{PostgresEventStore, StoreSettings};
use chronogram_log::{
    AppendError, EventStore, ExpectedRevision, Position, Revision, StoreError,
    conformance::{Sample, everything},
};
use chronogram_tests::TestDatabase;
use sqlx::{Connection, PgConnection};

use crate::stores::open;

/// The SQLSTATE of `restrict_violation`.
const REFUSED: &str = "23001";

async fn database_with_three_events() -> (TestDatabase, PgConnection) {
    let database = TestDatabase::create().await.unwrap();
    let store = open(&database).await;
    store.append(Sample::new("1", "hall").events(3).build()).await.unwrap();
    store.close().await;
    let connection = PgConnection::connect_with(&database.options).await.unwrap();
    (database, connection)
}

/// Runs it in a transaction that is given up; gives the SQLSTATE of its refusal.
async fn refusal(connection: &mut PgConnection, set: &'static str, sql: &'static str) -> Option<String> {
    let mut transaction = connection.begin().await.unwrap();
    sqlx::raw_sql(set).execute(&mut *transaction).await.unwrap();
    let answer = sqlx::raw_sql(sql).execute(&mut *transaction).await;
    transaction.rollback().await.unwrap();
    answer.err().and_then(|error| error.as_database_error()?.code().map(Into::into))
}

#[tokio::test]
async fn events_are_never_updated_deleted_or_truncated() {
    let (_database, mut connection) = database_with_three_events().await;
    for sql in [
        "update es.event set data = 'null' where position = 2",
        "update es.event set recorded_at = now()",
        "delete from es.event where position = 3",
        "delete from es.event where false",
        "truncate es.event",
        "truncate es.event, es.command",
    ] {
        assert_eq!(refusal(&mut connection, "", sql).await.as_deref(), Some(REFUSED), "{sql}");
    }
}

#[tokio::test]
async fn retention_blanks_data_and_changes_nothing_else() {
    let (database, mut connection) = database_with_three_events().await;
    let retention = "set local chronogram.retention = 'on'";
    for sql in [
        "update es.event set data = '{}' where position = 2",
        "update es.event set data = 'null', meta = '{}' where position = 2",
        "update es.event set data = 'null', position = 7 where position = 3",
        "update es.event set data = 'null', recorded_at = now() where position = 2",
        "update es.event set data = 'null', hash = sha256('') where position = 2",
        "delete from es.event where position = 3",
        "truncate es.event",
    ] {
        assert_eq!(refusal(&mut connection, retention, sql).await.as_deref(), Some(REFUSED), "{sql}");
    }
    let mut transaction = connection.begin().await.unwrap();
    sqlx::raw_sql(retention).execute(&mut *transaction).await.unwrap();
    sqlx::raw_sql("update es.event set data = 'null' where position = 2").execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    let update = "update es.event set data = 'null' where position = 1";
    assert_eq!(
        refusal(&mut connection, "", update).await.as_deref(),
        Some(REFUSED),
        "the setting ends with its transaction"
    );

    let store: chronogram_log::SharedEventStore = std::sync::Arc::new(open(&database).await);
    let data: Vec<_> = everything(&store).await.iter().map(|event| event.data.as_str().to_owned()).collect();
    assert_eq!(data, ["{\"seat\": 0}", "null", "{\"seat\": 2}"]);
}

#[tokio::test]
async fn an_upgrade_gives_no_event_a_second_hash() {
    let (_database, mut connection) = database_with_three_events().await;
    let upgrade = "set local chronogram.upgrade = 'on'";
    for sql in [
        "update es.event set data = '{}' where position = 2",
        "update es.event set hash = sha256('') where position = 2",
        "update es.event set data = 'null' where position = 2",
        "delete from es.event where position = 3",
    ] {
        assert_eq!(refusal(&mut connection, upgrade, sql).await.as_deref(), Some(REFUSED), "{sql}");
    }
}

#[tokio::test]
async fn reopening_keeps_head_streams_and_commands() {
    let (database, _connection) = database_with_three_events().await;
    let store = open(&database).await;
    assert_eq!(store.head().await.unwrap(), Position(3));
    assert!(store.append(Sample::new("1", "hall").build()).await.unwrap().repeated);
    match store.append(Sample::new("2", "hall").expecting(ExpectedRevision::NoStream).build()).await {
        Err(AppendError::Conflict { actual, .. }) => assert_eq!(actual, Some(Revision(2))),
        other => panic!("{other:?}"),
    }
    let exact = ExpectedRevision::Exact(Revision(2));
    let appended = store.append(Sample::new("3", "hall").expecting(exact).build()).await.unwrap();
    assert_eq!((appended.first, appended.revision), (Position(4), Revision(3)));
}

#[tokio::test]
async fn opening_a_database_that_was_not_migrated_says_so() {
    let database = TestDatabase::create().await.unwrap();
    sqlx::raw_sql("drop schema es cascade").execute(&database.pool).await.unwrap();
    let error = PostgresEventStore::open(database.pool.clone(), StoreSettings::default()).await.unwrap_err();
    let StoreError::Unavailable { operation, source } = error else { panic!("{error:?}") };
    assert_eq!(operation, "open the log");
    assert!(source.to_string().contains("es.head"), "{source}");
}

#[tokio::test]
async fn a_head_behind_its_events_is_damage_and_not_papered_over() {
    let (database, mut connection) = database_with_three_events().await;
    sqlx::raw_sql("update es.head set position = 1").execute(&mut connection).await.unwrap();
    let store = open(&database).await;
    match store.append(Sample::new("2", "hall").build()).await {
        Err(AppendError::Store(StoreError::Corrupt { position, .. })) => assert_eq!(position, Position(2)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn data_that_postgres_refuses_fails_alone() {
    let database = TestDatabase::create().await.unwrap();
    let store = open(&database).await;
    let good: Vec<_> = (0..6).map(|n| Sample::new(&format!("{n}"), "hall").build()).collect();
    let bad = Sample::new("bad", "hall").data("{ no json").build();
    let appends = good.into_iter().chain([bad]).map(|append| store.append(append));
    let mut answers = futures::future::join_all(appends).await;
    match answers.pop().unwrap() {
        Err(AppendError::Invalid(message)) => {
            assert!(message.contains("22P02") && !message.contains("no json"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    let positions: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().first.0).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6]);
}
