//! Read models are looked after at the command line and over GraphQL, with the real binary.

use std::time::{Duration, Instant};

use chronogram_telegram_standin::{NewUser, Options, Standin};
use chronogram_tests::{
    Home, TestDatabase,
    exports::{every_kind_fixture, synthetic_export},
    graphql,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _};

/// Far above what anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

async fn home() -> (TestDatabase, Home) {
    let database = TestDatabase::create().await.unwrap();
    let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
    (database, home)
}

fn listed(home: &Home, name: &str) -> Value {
    let printed = home.succeed(&["projections", "list", "--json"]).unwrap();
    let mut lines = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.find(|line| line["name"] == name).unwrap()
}

async fn number(database: &TestDatabase, sql: &str) -> i64 {
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&database.pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuilt_read_model_is_compared_switched_to_and_switched_back() {
    let (database, home) = home().await;
    home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();
    let built = home.succeed(&["projections", "rebuild", "people"]).unwrap();
    assert!(built.contains("projections switch people"), "{built}");
    assert_eq!(listed(&home, "people")["next"]["ready"], true);
    let same = home.succeed(&["projections", "diff", "people"]).unwrap();
    assert!(same.contains("people is the same on both sides"), "{same}");

    let schema = format!("people_v{}", chronogram_read_models::people::VERSION);
    let spoil = format!(
        "update {schema}.person set username = 'somebody''s secret' where id = (select min(id) from {schema}.person)"
    );
    sqlx::raw_sql(AssertSqlSafe(spoil)).execute(&database.pool).await.unwrap();
    let other = home.run(&["projections", "diff", "people"]).unwrap();
    let said = String::from_utf8(other.stdout).unwrap();
    assert_eq!(other.status.code(), Some(1), "{said}");
    assert!(said.contains("1 different") && said.contains("different in username"), "{said}");
    assert!(!said.contains("secret"), "what a row holds is not told: {said}");

    home.succeed(&["projections", "switch", "people"]).unwrap();
    home.succeed(&["projections", "verify", "people"]).unwrap();
    home.succeed(&["projections", "rollback", "people"]).unwrap();
    assert_eq!(
        home.run(&["projections", "verify", "people"]).unwrap().status.code(),
        Some(1),
        "the spoilt one is back"
    );
    home.succeed(&["projections", "rebuild", "people", "--switch"]).unwrap();
    home.succeed(&["projections", "verify", "people"]).unwrap();
    assert_eq!(home.succeed(&["projections", "prune"]).unwrap().trim(), format!("dropped {schema}_previous"));
    assert_eq!(home.run(&["projections", "rollback", "people"]).unwrap().status.code(), Some(1));
    assert_eq!(home.run(&["projections", "rebuild"]).unwrap().status.code(), Some(2), "a name is wanted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_is_killed_is_finished_by_the_next() {
    let (database, home) = home().await;
    let export = home.data().join("result.json");
    synthetic_export(&export, 8_000, 40, 0).unwrap();
    home.succeed(&["import", export.to_str().unwrap()]).unwrap();
    home.succeed(&["projections", "verify", "conversations"]).unwrap();
    let mut child = home.command(&["projections", "rebuild", "conversations"]).spawn().unwrap();
    let begun = Instant::now();
    while number(&database, "select count(*) from projection.copy").await == 0 {
        assert!(begun.elapsed() < PATIENCE, "the rebuild never began");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    home.succeed(&["projections", "rebuild", "conversations"]).unwrap();
    let same = home.succeed(&["projections", "diff", "conversations"]).unwrap();
    assert!(same.contains("the same on both sides"), "{same}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_asked_for_and_a_row_tells_where_it_comes_from() {
    let (_database, home) = home().await;
    home.succeed(&["import", every_kind_fixture().to_str().unwrap()]).unwrap();
    home.succeed(&["projections", "rebuild", "--as-of", "20"]).unwrap();
    // Folds what nobody has folded yet: the past is to be compared with all of the present.
    home.succeed(&["projections", "verify", "people"]).unwrap();
    let up = home.start(&["serve", "--roles", "api,projections"]).unwrap();
    let token = home.succeed(&["tokens", "create", "tester", "--role", "operator"]).unwrap();
    let token = token.split_whitespace().find(|word| word.starts_with("chr_")).unwrap().to_owned();
    let api = up.api().unwrap();
    let ask = async |query: &str| graphql(&api, &token, query).await.unwrap();
    let both =
        ask(r#"{ asOf(position: "20") { position people { totalCount } } people { totalCount nodes { id } } }"#).await;
    let count = |at: &str| both.pointer(at).and_then(Value::as_str).unwrap().parse::<i64>().unwrap();
    assert!(count("/data/asOf/people/totalCount") < count("/data/people/totalCount"), "{both}");

    let asked = ask(r#"mutation { rebuildProjection(name: "people", switch: true) { state } }"#).await;
    assert_eq!(asked["data"]["rebuildProjection"]["state"], "queued", "{asked}");
    let begun = Instant::now();
    let jobs = "{ projections { name jobs { kind state error } previous { ready } } }";
    loop {
        let seen = ask(jobs).await;
        let people =
            seen["data"]["projections"].as_array().unwrap().iter().find(|one| one["name"] == "people").unwrap();
        if people["jobs"][0]["state"] == "done" {
            assert_eq!(people["previous"], json!({ "ready": true }));
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{seen}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let person = both.pointer("/data/people/nodes/0/id").and_then(Value::as_str).unwrap();
    let why = home.succeed(&["events", "why", "people", person]).unwrap();
    assert!(why.starts_with(&format!("people.person id={person} at position")), "{why}");
    assert!(why.contains("└─ ") && why.contains("the command line"), "{why}");
    let why: Value =
        serde_json::from_str(&home.succeed(&["events", "why", "people", person, "--json"]).unwrap()).unwrap();
    assert_eq!(why["exists"], true);
    assert!(why["events"].as_array().is_some_and(|events| !events.is_empty()), "{why}");
    up.stop().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_is_led_back_to_the_update_that_it_answers() {
    let (database, home) = home().await;
    let telegram = Standin::start(Options::default()).await.unwrap();
    let settings = [("TELEGRAM_BOT_TOKEN", telegram.token()), ("TELEGRAM_API_URL", telegram.url())];
    let up = home.up_with(&settings).unwrap();
    let anna = telegram.user(NewUser::named("Anna", "en")).unwrap();
    let said = telegram.say(anna, "/start").unwrap();
    telegram.wait_for_bot_message(anna, said, PATIENCE).await.expect("the bot answers");
    up.stop().unwrap();

    let reply = "select event.data->>'reply' from es.event event where type = 'ReplyRequested' limit 1";
    let reply: String = sqlx::query_scalar(reply).fetch_one(&database.pool).await.unwrap();
    let why = home.succeed(&["events", "why", "conversations.reply", &reply]).unwrap();
    let (asked, led) = why.split_once("an update of Telegram, by person").expect(&why);
    assert!(asked.contains("ReplyRequested"), "{why}");
    assert!(led.contains("MessageReceived") && led.contains("PersonSeen"), "what came of the same update: {why}");
}
