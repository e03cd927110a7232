//! `chronogram fsck` on a real house: clean as it is, and it names what was broken past us.

use chronogram_tests::{Home, TestDatabase, exports::every_kind_fixture};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

async fn house() -> (Home, TestDatabase) {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();
    (home, database)
}

fn fsck(home: &Home, arguments: &[&str]) -> (bool, Value) {
    let arguments: Vec<&str> = ["fsck", "--json"].into_iter().chain(arguments.iter().copied()).collect();
    let output = home.run(&arguments).unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}")))
}

#[tokio::test(flavor = "multi_thread")]
async fn fsck_is_clean_on_a_sound_house_and_names_the_first_fault_of_a_broken_one() {
    let (home, database) = house().await;
    let (clean, report) = fsck(&home, &[]);
    assert!(clean && report["clean"] == true && report["faults"] == json!([]), "{report}");
    assert_eq!(report["events_checked"], report["head"]);
    assert_eq!(report["chain_head"].as_str().unwrap().len(), 64);

    let flip = "update es.event set data = overlay(data::text placing ' ' from length(data::text) for 0)::json
        where position = 17";
    let row = "update conversations_v3.message set text = 'something else' where message_id = (
        select min(message_id) from conversations_v3.message where text is not null)";
    let ahead = "update projection.checkpoint set position = position + 1000 where name = 'channels'";
    let sql = format!("begin; set local session_replication_role = replica; {flip}; {row}; {ahead}; commit");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&database.pool).await.unwrap();
    let (clean, broken) = fsck(&home, &[]);
    assert!(!clean, "{broken}");
    assert_eq!((&broken["first_fault_position"], &broken["faults"][0]["invariant"]), (&json!(17), &json!("I7")));
    let found: Vec<&str> =
        broken["faults"].as_array().unwrap().iter().map(|fault| fault["invariant"].as_str().unwrap()).collect();
    assert!(found.contains(&"I4") && found.contains(&"I5"), "{broken}");

    // What stands before is believed when that is asked.
    let (_, later) = fsck(&home, &["--from", "18", "--log-only"]);
    assert_ne!(later["faults"][0]["invariant"], "I7", "{later}");
    let said = String::from_utf8(home.run(&["fsck", "--log-only"]).unwrap().stdout).unwrap();
    assert!(said.contains("I7 at position 17"), "{said}");
}
