//! Killed anywhere, nothing is paid for twice that was recorded, and no account stays wrong.

use std::process::Output;

use chronogram_tests::{Home, Manner, ModelStandin, TestDatabase};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

/// Every step at which a call can be cut short.
pub(crate) const CRASH_POINTS: [&str; 3] = [RESERVED, ANSWERED, RECORDED];
const RESERVED: &str = "models.reserved";
const ANSWERED: &str = "models.answered";
const RECORDED: &str = "models.recorded";

struct House {
    home: Home,
    database: TestDatabase,
    model: ModelStandin,
}

impl House {
    async fn new() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
        let model = ModelStandin::start().await.unwrap();
        let settings = json!({
            "models": { "default": {
                "base_url": model.base_url(), "model": ModelStandin::MODEL, "api_key_file": home.data().join("key"),
                "price_per_million": { "input": "1", "output": "2" },
            } },
            "grants": { "profile-llm": { "models": ["default"], "budget_per_day": "1" } },
        });
        std::fs::write(home.data().join("key"), format!("{}\n", ModelStandin::KEY)).unwrap();
        std::fs::write(home.data().join("models.json"), settings.to_string()).unwrap();
        Self { home, database, model }
    }

    /// Runs `models …`, killed at this point where one is named.
    async fn models(&self, arguments: &[&str], crash_at: Option<&str>) -> Output {
        let mut command = self.home.command(&[&["models"], arguments].concat());
        command.env("MODELS_FILE", self.home.data().join("models.json"));
        if let Some(point) = crash_at {
            command.env("CHRONOGRAM_CRASH_AT", point);
        }
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    }

    async fn ask(&self) -> Value {
        let output = self.models(&["try", "default", "Say hello", "--json"], None).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Whoever made a call is held for gone.
    async fn lapse(&self) {
        let sql = "update model.reservation set lease_until = '2000-01-01'";
        sqlx::query(sql).execute(&self.database.pool).await.unwrap();
    }

    async fn spent(&self) -> (Decimal, Decimal) {
        let sql = "select spent, reserved from model.account where name like 'house %'";
        let (spent, reserved): (Decimal, Decimal) = sqlx::query_as(sql).fetch_one(&self.database.pool).await.unwrap();
        (spent.normalize(), reserved.normalize())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_the_record_nothing_is_paid_twice() {
    let house = House::new().await;
    assert!(!house.models(&["try", "default", "Say hello"], Some(RECORDED)).await.status.success());
    assert_eq!((house.model.accepted().len(), house.spent().await.0), (1, Decimal::ZERO));
    let answer = house.ask().await;
    assert_eq!((&answer["reused"], &answer["content"]), (&true.into(), &"Hello!".into()));
    house.lapse().await;
    assert!(house.models(&["list"], None).await.status.success());
    // 9 characters are 3 tokens and 3 around them, 6 are 2.
    assert_eq!(house.spent().await, ("0.00001".parse().unwrap(), Decimal::ZERO));
    assert_eq!(house.model.accepted().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_before_it_the_call_counts_as_the_most_it_can_have_cost() {
    for (point, sent) in [(RESERVED, 0), (ANSWERED, 1)] {
        let house = House::new().await;
        assert!(!house.models(&["try", "default", "Say hello"], Some(point)).await.status.success());
        let (_, put_aside) = house.spent().await;
        assert!(put_aside > Decimal::ZERO, "{point}");
        house.lapse().await;
        let answer = house.ask().await;
        assert_eq!((&answer["reused"], house.model.accepted().len()), (&false.into(), sent + 1), "{point}");
        let spent = put_aside + "0.00001".parse::<Decimal>().unwrap();
        assert_eq!(house.spent().await, (spent.normalize(), Decimal::ZERO), "{point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_models_tries_them_and_is_never_shown_a_key() {
    let house = House::new().await;
    house.model.next(Manner::Say("Hi\u{1b}[31m there".into()));
    let tried = house.models(&["try", "default", "Say hello"], None).await;
    assert_eq!(String::from_utf8_lossy(&tried.stdout), "Hi\u{FFFD}[31m there\n", "a model commands no terminal");
    let (listed, json) = (house.models(&["list"], None).await, house.models(&["list", "--json"], None).await);
    let told = [tried, listed, json].map(|output| {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    });
    assert!(told.iter().all(|text| !text.contains(ModelStandin::KEY)), "{told:?}");
    assert!(told[0].contains("on the account of profile-llm"), "{}", told[0]);
    assert!(told[1].contains("closed") && told[1].contains("profile-llm: 0.000014 of 1 spent"), "{}", told[1]);
    let model: Value = serde_json::from_str(told[2].lines().next().unwrap()).unwrap();
    assert_eq!((&model["has_key"], &model["breaker"]["state"]), (&true.into(), &"closed".into()));

    let unknown = house.models(&["try", "other", "Say hello"], None).await;
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("there is no model \"other\""));
    let bare = house.home.run(&["models", "list"]).unwrap();
    assert!(String::from_utf8_lossy(&bare.stderr).contains("no model is configured"));
}
