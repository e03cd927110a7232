//! People see everything that is known of them, and are forgotten when they wish: no word of theirs is left anywhere.

use std::{collections::BTreeMap, time::Duration};

use chronogram_telegram_standin::{Fault, FaultKind, NewUser, Options, ShownMessage, Standin, UserId};
use chronogram_tests::{Home, Manner, ModelStandin, TestDatabase, Up, graphql};
use futures::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool, postgres::PgPoolCopyExt as _};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// In every word that the person says, in whatever case; in nothing else.
const NEEDLE: &str = "needle";

/// Every way that words came in, as the export shows them.
const SAID: [&str; 10] = [
    "needle in a message",
    "needle in an edit",
    "needle of a reminder",
    "needle:button",
    "Needle Name",
    "needle_username",
    "needle over the API",
    "needle from an export",
    "Needle Title",
    "needle that a model says",
];

struct World {
    home: Home,
    database: TestDatabase,
    telegram: Standin,
    up: Up,
    ann: UserId,
}

impl World {
    async fn new() -> Self {
        let telegram = Standin::start(Options::default()).await.unwrap();
        let database = TestDatabase::create().await.unwrap();
        let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
        let ann = NewUser { username: Some("needle_username".into()), ..NewUser::named("Needle Name", "en") };
        let ann = telegram.user(ann).unwrap();
        let (url, token) = (telegram.url(), telegram.token());
        let up = home.up_with(&[("TELEGRAM_BOT_TOKEN", token), ("TELEGRAM_API_URL", url)]).unwrap();
        Self { home, database, telegram, up, ann }
    }

    async fn ask(&self, text: &str) -> ShownMessage {
        let said = self.telegram.say(self.ann, text).unwrap();
        let answer = self.telegram.wait_for_bot_message(self.ann, said, PATIENCE).await;
        answer.unwrap_or_else(|| panic!("no answer to {text}: {:?}", self.telegram.transcript(self.ann)))
    }

    /// Records a message over the API and reads it back. A read model that is late on a busy machine is asked again:
    /// the same words are the same message for a while, and later once more nobody minds.
    async fn record(&self, text: &str, name: &str) {
        let asked = format!(
            r#"mutation {{ recordMessage(input: {{ clientId: "haystack", name: "{name}", text: "{text}" }})
                {{ message {{ text }} }} }}"#
        );
        let (api, token) = (self.up.api().unwrap(), self.up.printed("Token").unwrap());
        let reading = async {
            while graphql(&api, token, &asked).await.unwrap()["data"]["recordMessage"]["message"]["text"] != text {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, reading).await.is_ok(), "{text:?} was not to be read");
    }

    /// The ids that are Ann.
    fn ids(&self) -> [String; 2] {
        [self.ann.to_string(), "api.haystack".to_owned()]
    }

    fn run(&self, command: &[&str]) -> String {
        let ids = self.ids();
        let arguments: Vec<&str> = command.iter().copied().chain(ids.iter().map(String::as_str)).collect();
        self.home.succeed(&arguments).unwrap()
    }

    /// Ann says something in every way there is.
    async fn speak(&self) {
        self.ask("/start").await;
        let said = self.telegram.say(self.ann, "needle in a message").unwrap();
        self.telegram.wait_for_bot_message(self.ann, said, PATIENCE).await.unwrap();
        self.telegram.edit(self.ann, self.ann, said, "needle in an edit").unwrap();
        let scheduled = self.ask("/remind 1h needle of a reminder").await;
        assert!(scheduled.text.contains(NEEDLE), "what we answer holds their words: {}", scheduled.text);
        let told = self.ask("/remind 1s needle that is told").await;
        self.telegram.wait_for_bot_message(self.ann, told.id, PATIENCE).await.unwrap();
        let pressed = json!({ "id": "77", "chat_instance": "1", "data": "needle:button", "message": scheduled.message,
            "from": { "id": self.ann, "is_bot": false, "first_name": "Needle Name", "username": "needle_username" } });
        self.telegram.inject("callback_query", pressed).unwrap();
        assert!(self.telegram.wait_until_taken(PATIENCE).await);

        self.record("needle over the API", "Needle Client").await;
        self.import();
        self.home.succeed(&["profiles", "fill", "--strategy", "basic", "--all"]).unwrap();
        self.ask_a_model().await;
        // Last, what waits to be sent: Telegram takes nothing from us for a while.
        let busy = FaultKind::TooManyRequests { retry_after: 600 };
        self.telegram.fail_next(Fault::next(busy).of("sendMessage").times(1));
        self.telegram.say(self.ann, "/remind 2h needle that waits").unwrap();
        self.until("the answer waits", "select count(*) = 1 from delivery.outbox where parts::text like '%needle%'")
            .await;
    }

    /// What a model says of her is hers.
    async fn ask_a_model(&self) {
        let model = ModelStandin::start().await.unwrap();
        model.always(Manner::Say("needle that a model says".into()));
        let about = self.ann.to_string();
        let mut asking =
            self.home.command(&["models", "try", "default", "needle that a model is told", "--about", &about]);
        asking.env("LLM_BASE_URL", model.base_url()).env("LLM_MODEL", ModelStandin::MODEL);
        asking.env("LLM_API_KEY", ModelStandin::KEY);
        let asked = tokio::task::spawn_blocking(move || asking.output()).await.unwrap().unwrap();
        assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
        assert_eq!(model.accepted().len(), 1);
    }

    /// Every kind of copy of a read model: a rebuild, what was live before a switch, all of them as they are now.
    fn copy_read_models(&self) -> String {
        let events: Value =
            serde_json::from_str(&self.home.succeed(&["fsck", "--log-only", "--json"]).unwrap()).unwrap();
        let head = events["head"].to_string();
        for arguments in [
            &["rebuild", "people"][..],
            &["switch", "people"],
            &["rebuild", "conversations"],
            &["rebuild", "--as-of", &head],
        ] {
            self.home.succeed(&[&["projections"], arguments].concat()).unwrap();
        }
        head
    }

    fn import(&self) {
        let export = json!({ "name": "Needle Title", "type": "personal_chat", "id": self.ann, "messages": [
            { "id": 1, "type": "message", "date": "2024-05-01T12:00:00", "date_unixtime": "1714557600",
              "from": "Needle Name", "from_id": format!("user{}", self.ann), "text": "needle from an export" },
            { "id": 2, "type": "service", "date": "2024-05-01T12:01:00", "date_unixtime": "1714557660",
              "actor": "Needle Name", "actor_id": format!("user{}", self.ann), "action": "phone_call", "text": "" },
        ] });
        let file = self.home.data().join("result.json");
        std::fs::write(&file, export.to_string()).unwrap();
        self.home.succeed(&["import", file.to_str().unwrap()]).unwrap();
        std::fs::remove_file(file).unwrap();
    }

    async fn until(&self, what: &str, holds: &'static str) {
        let asking = async {
            while !sqlx::query_scalar::<_, bool>(holds).fetch_one(&self.database.pool).await.unwrap() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, asking).await.is_ok(), "waited in vain until {what}");
    }
}

/// Everything that stands in the database, by table.
async fn dump(pool: &PgPool) -> BTreeMap<String, String> {
    let tables: Vec<(String, String)> = sqlx::query_as(
        "select table_schema::text, table_name::text from information_schema.tables
         where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut dump = BTreeMap::new();
    for (schema, table) in tables {
        let mut rows = Vec::new();
        let mut copy = pool.copy_out_raw(&format!("copy \"{schema}\".\"{table}\" to stdout")).await.unwrap();
        while let Some(chunk) = copy.try_next().await.unwrap() {
            rows.extend_from_slice(&chunk);
        }
        dump.insert(format!("{schema}.{table}"), String::from_utf8(rows).unwrap().to_lowercase());
    }
    dump
}

/// Tables in which the text stands, also where bytes are kept, or made into text.
fn holding<'a>(dump: &'a BTreeMap<String, String>, text: &str) -> Vec<&'a str> {
    let hex: String = text
        .bytes()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect();
    let holds = |rows: &String| rows.contains(text) || rows.contains(&hex);
    dump.iter().filter(|(_, rows)| holds(rows)).map(|(table, _)| table.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_leaves_no_word_and_who_asks_sees_everything() {
    let world = World::new().await;
    world.speak().await;
    world.home.succeed(&["projections", "verify"]).unwrap();

    let export = world.run(&["people", "export"]);
    for words in SAID {
        assert!(export.contains(words), "the export lacks {words:?}: {export}");
    }
    let export: Value = serde_json::from_str(&export).unwrap();
    let tables = export["rows"].as_array().unwrap().iter().map(|row| row["table"].as_str().unwrap());
    let tables: Vec<&str> =
        tables.filter(|table| table.starts_with("delivery.") || table.contains("profile")).collect();
    assert!(tables.contains(&"delivery.outbox") && tables.contains(&"people_v4.profile_field"), "{tables:?}");

    let moment = world.copy_read_models();
    let before = dump(&world.database.pool).await;
    let found = holding(&before, NEEDLE);
    for table in [
        "conversations_v3_next.message",
        "people_v4_previous.person",
        &format!("reminders_v2_at_{moment}.reminder"),
        "conversations_v3.message",
        "conversations_v3.reply",
        "people_v4.person",
        "people_v4.profile_field",
        "reminders_v2.reminder",
        "delivery.outbox",
        "delivery.reminder",
    ] {
        assert!(found.contains(&table), "the search would not find it in {table}: {found:?}");
    }
    assert!(!found.iter().any(|table| table.starts_with("es.")), "words stand unsealed in the log: {found:?}");

    let refused = world.home.run(&["people", "erase", &world.ids()[0]]).unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("--yes"), "it asks first: {said}");
    let erased: Value = serde_json::from_str(&world.run(&["people", "erase", "--yes", "--json"])).unwrap();
    assert_eq!(erased["keys_destroyed"], 2, "{erased}");
    assert!(erased["copies_dropped"].as_array().unwrap().len() > 4, "{erased}");

    let after = dump(&world.database.pool).await;
    assert_eq!(holding(&after, NEEDLE), Vec::<&str>::new());
    let export = world.run(&["people", "export"]);
    assert!(!export.to_lowercase().contains(NEEDLE), "{export}");
    assert!(export.contains("\"erased\":true") && export.contains("PersonErased"), "{export}");
    // The read models are what a replay gives, the log verifies.
    let fsck: Value = serde_json::from_str(&world.home.succeed(&["fsck", "--json"]).unwrap()).unwrap();
    assert_eq!((&fsck["clean"], &fsck["read_models_checked"]), (&json!(true), &json!(true)), "{fsck}");

    // Who was cut short runs it again; and whoever comes back begins anew.
    world.run(&["people", "erase", "--yes"]);
    world.record("hay", "Hay").await;
    let unknown = world.home.run(&["people", "erase", "--yes", "api.nobody"]).unwrap();
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("nothing is known of api.nobody"));
    let log = world.up.stop().unwrap();
    assert!(!log.to_lowercase().contains(NEEDLE), "words stand in the logs: {log}");
}

/// Over GraphQL by an operator, while everything runs.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_erases_over_graphql() {
    let world = World::new().await;
    world.record("needle over the API", "Needle Client").await;
    assert!(holding(&dump(&world.database.pool).await, NEEDLE).contains(&"conversations_v3.message"));
    let erase = r#"mutation { erasePerson(id: "api.haystack") { keysDestroyed person { displayName } } }"#;
    let (api, token) = (world.up.api().unwrap(), world.up.printed("Token").unwrap());
    let answer = graphql(&api, token, erase).await.unwrap();
    let expected = json!({ "keysDestroyed": 1, "person": { "displayName": null } });
    assert_eq!(answer["data"]["erasePerson"], expected, "{answer}");
    assert_eq!(holding(&dump(&world.database.pool).await, NEEDLE), Vec::<&str>::new());
    world.up.stop().unwrap();
}

/// Sealed, words are a third longer; the largest that an import lets through are not too large for the log then.
#[tokio::test(flavor = "multi_thread")]
async fn the_largest_message_that_an_import_takes_fits_the_log_when_it_is_sealed() {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    let import = |length: usize| -> (i64, String) {
        let export = json!({ "name": "Ann", "type": "personal_chat", "id": 7, "messages": [
            { "id": length, "type": "message", "date": "2024-05-01T12:00:00", "date_unixtime": "1714557600",
              "from": "Ann", "from_id": "user7", "text": "x".repeat(length) }] });
        let file = home.data().join("result.json");
        std::fs::write(&file, export.to_string()).unwrap();
        let said = home.run(&["import", "--json", file.to_str().unwrap()]).unwrap();
        let report: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{said:?}"));
        (report["bad_messages"].as_i64().unwrap(), String::from_utf8(said.stderr).unwrap())
    };
    // The longest that is taken, to the byte.
    let (mut taken, mut refused) = (700 * 1024, 800 * 1024);
    assert_eq!((import(taken).0, import(refused).0), (0, 1));
    while refused - taken > 1 {
        let middle = taken.midpoint(refused);
        if import(middle).0 == 0 { taken = middle } else { refused = middle }
    }
    let longest: i32 =
        sqlx::query_scalar("select max(length(data::text)) from es.event").fetch_one(&database.pool).await.unwrap();
    assert!(longest > 1_030_000, "sealed it has {longest} bytes");
    assert!(import(refused).1.contains("762 KiB"), "{}", import(refused).1);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_need_the_master_key_they_were_sealed_with() {
    let database = TestDatabase::create().await.unwrap();
    let url = database.options.to_url_lossy().to_string();
    let (first, other) = (Home::on(&url).unwrap(), Home::on(&url).unwrap());
    first.succeed(&["migrate"]).unwrap();
    let key = std::fs::read_to_string(first.data().join("master.key")).unwrap();

    let refused = other.run(&["migrate"]).unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("CHRONOGRAM_KEY"), "{refused:?}");
    assert!(!other.data().join("master.key").exists(), "a key of no use is not made");
    let wrong = other.command(&["migrate"]).env("CHRONOGRAM_KEY", "ab".repeat(32)).output().unwrap();
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("another master key"), "{wrong:?}");
    let right = other.command(&["migrate"]).env("CHRONOGRAM_KEY", key.trim()).output().unwrap();
    assert!(right.status.success(), "{right:?}");
}
