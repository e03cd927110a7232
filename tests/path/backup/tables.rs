//! Every table of the database has its place in the one list.

use std::collections::BTreeSet;

use chronogram_backup::{Place, TABLES};

use super::House;

#[tokio::test]
async fn a_migration_that_adds_a_table_must_say_where_it_is_backed_up() {
    let house = House::empty().await;
    let sql = "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'";
    let there: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut house.connection().await).await.unwrap();
    let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
    let listed: BTreeSet<&str> = TABLES.iter().map(|table| table.name).collect();
    assert_eq!(listed.len(), TABLES.len(), "a table stands there twice");
    let undecided: Vec<_> = there.difference(&listed).collect();
    assert!(undecided.is_empty(), "api/backup/src/tables.rs does not say what becomes of {undecided:?}");
    let gone: Vec<_> = listed.difference(&there).collect();
    assert!(gone.is_empty(), "api/backup/src/tables.rs speaks of tables that are not there: {gone:?}");
}

#[test]
fn archives_hold_no_table_with_words_that_can_be_read_and_no_key() {
    for apart in ["person.key", "person.secret", "delivery.outbox", "delivery.reminder", "delivery.file"] {
        let place = TABLES.iter().find(|table| table.name == apart).map(|table| table.place);
        assert_eq!(place, Some(Place::Keys), "{apart}");
    }
}
