//! Keys lie apart, and who was erased is not brought back.

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _};

use super::{House, refused};

/// In everything that this person says; in nothing else.
const NEEDLE: &str = "needle";

async fn with_a_persons_words() -> House {
    let house = House::with_talk().await;
    let export = json!({ "name": "Ann", "type": "personal_chat", "id": 700, "messages": [
        { "id": 1, "type": "message", "date": "2024-05-01T12:00:00", "date_unixtime": "1714557600",
          "from": "Needle Name", "from_id": "user700", "text": "a needle in it" },
    ] });
    let file = house.home.data().join("result.json");
    std::fs::write(&file, export.to_string()).unwrap();
    house.home.succeed(&["import", file.to_str().unwrap()]).unwrap();
    std::fs::remove_file(file).unwrap();
    house.home.succeed(&["projections", "verify"]).unwrap();
    house
}

/// The tables in which the words stand.
async fn holding(house: &House) -> Vec<String> {
    let mut connection = house.connection().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables
         where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let mut holding = Vec::new();
    for table in tables {
        let sql = format!("select exists (select from {table} t where t::text ilike '%{NEEDLE}%')");
        if sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap() {
            holding.push(table);
        }
    }
    connection.close().await.unwrap();
    holding
}

/// A file as text.
fn unpacked(path: &str) -> String {
    let packed = std::fs::File::open(path).unwrap();
    String::from_utf8_lossy(&zstd::decode_all(packed).unwrap()).to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_not_brought_back_by_an_older_backup() {
    let house = with_a_persons_words().await;
    let waits = "insert into delivery.reminder (reminder, person, conversation, text, zone, due_at, state)
        values (gen_random_uuid(), '700', 'bot.1.700', 'needle that waits', 'UTC', now() + interval '1 year', 'scheduled')";
    house.execute(waits).await;
    assert!(holding(&house).await.len() > 2);
    let (archive, keys) = house.back_up();
    assert!(!unpacked(&archive).contains(NEEDLE), "words stand unsealed in the archive");
    assert!(unpacked(&keys).contains("needle that waits"), "the search would not find them");

    house.home.succeed(&["people", "erase", "--yes", "700"]).unwrap();
    assert_eq!(holding(&house).await, Vec::<String>::new());
    // With the keys of that moment, which are found or named, and of which the living database knows better; and with its
    // own alone.
    let away = format!("{keys}.away");
    for (place, restore) in [
        (&keys, vec!["backup", "restore", &archive, "--yes"]),
        (&keys, vec!["backup", "restore", &archive, "--keys", &keys, "--yes"]),
        (&away, vec!["backup", "restore", &archive, "--yes"]),
    ] {
        if *place == away {
            std::fs::rename(&keys, &away).unwrap();
        }
        let said = house.home.succeed(&restore).unwrap();
        assert_eq!(said.contains("reminders that were yet to be told"), *place == away, "{said}");
        assert_eq!(holding(&house).await, Vec::<String>::new(), "{restore:?}");
        let export = house.home.succeed(&["people", "export", "700"]).unwrap();
        assert!(!export.to_lowercase().contains(NEEDLE) && export.contains("\"erased\":true"), "{export}");
        house.home.succeed(&["fsck"]).unwrap();
    }
    // Others' words are there.
    assert!(house.number("select count(*) from conversations_v3.message where text is not null").await > 10);
    // What is verified is compared as far as it can be.
    let report = house.json(&["backup", "verify", &archive, "--json"]);
    assert_eq!(report["good"], true, "{report}");
    assert!(report["remarks"].to_string().contains("destroyed since"), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_knows_who_was_erased_where_the_living_database_is_lost() {
    let house = with_a_persons_words().await;
    let (_, old_keys) = house.back_up();
    house.home.succeed(&["people", "erase", "--yes", "700"]).unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await; // two of one second have one name
    let (archive, _) = house.back_up();

    let other = House::with_the_key_of(&house).await;
    let said = other.home.succeed(&["backup", "restore", &archive, "--keys", &old_keys, "--yes"]).unwrap();
    assert!(said.contains("1 are destroyed") && said.contains("older than the archive"), "{said}");
    assert_eq!(holding(&other).await, Vec::<String>::new());
    other.home.succeed(&["fsck"]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_words_stay_sealed_until_keys_come() {
    let house = with_a_persons_words().await;
    let (archive, keys) = house.back_up();
    let other = House::with_the_key_of(&house).await;
    let said = other.home.succeed(&["backup", "restore", &archive, "--yes"]).unwrap();
    assert!(said.contains("SEALED") && said.contains("restore --keys"), "{said}");
    assert_eq!(holding(&other).await, Vec::<String>::new());
    let partly = refused(&other.home, &["backup", "verify", &archive], 1);
    assert!(partly.contains("no key to them") && partly.contains("chain of "), "{partly}");

    let said = other.home.succeed(&["backup", "restore", "--keys", &keys]).unwrap();
    assert!(said.contains("The read models are rebuilt"), "{said}");
    assert!(holding(&other).await.iter().any(|table| table.starts_with("conversations")), "they can be read again");
    assert_eq!(other.log(), house.log());
    other.home.succeed(&["fsck"]).unwrap();
    other.home.succeed(&["backup", "verify", &archive]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_master_key_is_told_before_anything_is_replaced() {
    let house = with_a_persons_words().await;
    let (archive, keys) = house.back_up();
    let stranger = House::with_talk().await;
    let log = stranger.log();
    let said = refused(&stranger.home, &["backup", "restore", &archive, "--keys", &keys, "--yes"], 1);
    assert!(said.contains("another master key"), "{said}");
    assert_eq!(stranger.log(), log);
    assert_eq!(stranger.beside().await, Vec::<String>::new());
}
