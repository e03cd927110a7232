//! The real binary is killed while it fills; started again it goes on, and nothing is paid for twice.

use std::{
    process::{Output, Stdio},
    time::Duration,
};

use chronogram_tests::{Home, Manner, ModelStandin, TestDatabase, exports::crowd_export, send_signal};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use crate::plugins::world::hostile;

/// Every step of a run at which it can be cut short.
pub(crate) const CRASH_POINTS: [&str; 2] = [DECIDED, FILLED];
const DECIDED: &str = "profiles.decided";
const FILLED: &str = "profiles.filled";

/// A house of the real binary, whose strategy asks the model.
pub(super) struct House {
    pub(super) home: Home,
    pub(super) database: TestDatabase,
    pub(super) model: ModelStandin,
}

impl House {
    /// Before anybody is known.
    pub(super) async fn empty() -> Self {
        let database = TestDatabase::create().await.unwrap();
        let home = Home::on(database.options.to_url_lossy().as_str()).unwrap();
        let model = ModelStandin::start().await.unwrap();
        model.always(Manner::Say(r#"{"likes":"tea"}"#.into()));
        let settings = json!({
            "models": { "default": {
                "base_url": model.base_url(), "model": ModelStandin::MODEL, "api_key": ModelStandin::KEY,
                "timeout_seconds": 1, "deadline_seconds": 10, "price_per_million": { "input": "1", "output": "2" },
            } },
            "grants": { "*": { "models": ["default"] } },
        });
        std::fs::write(home.data().join("models.json"), settings.to_string()).unwrap();
        std::fs::write(home.data().join("strategy.wasm"), hostile(1)).unwrap();
        let house = Self { home, database, model };
        let artifact = house.home.data().join("strategy.wasm");
        house
            .succeed(&["plugins", "install", artifact.to_str().unwrap(), "--allow-unsigned", "--config", "\"behave\""])
            .await;
        house
            .succeed(&["plugins", "activate", "profile-hostile", "--config", "\"read\"", "--grant", "llm:default"])
            .await;
        house
    }

    /// People who wrote one message each.
    async fn with_people(people: u64) -> Self {
        let house = Self::empty().await;
        let export = house.home.data().join("talk.json");
        crowd_export(&export, 1, people, 1).unwrap();
        house.succeed(&["import", export.to_str().unwrap()]).await;
        house
    }

    pub(super) async fn run(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
        let mut command = self.home.command(arguments);
        command.env("MODELS_FILE", self.home.data().join("models.json")).envs(settings.iter().copied());
        tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
    }

    pub(super) async fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, &[]).await;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    async fn fill(&self, more: &[&str]) -> Value {
        self.fill_by("hostile", more).await
    }

    pub(super) async fn fill_by(&self, strategy: &str, more: &[&str]) -> Value {
        let arguments = [&["profiles", "fill", "--json", "--strategy", strategy], more].concat();
        let output = self.run(&arguments, &[]).await;
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{more:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    pub(super) async fn count(&self, event_type: &str) -> i64 {
        let sql = "select count(*) from es.event where type = $1";
        sqlx::query_scalar(sql).bind(event_type).fetch_one(&self.database.pool).await.unwrap()
    }

    /// What the log says that profiles cost, and what it says that calls did.
    pub(super) async fn costs(&self) -> [Decimal; 2] {
        let mut costs = [Decimal::ZERO; 2];
        for (cost, event_type) in costs.iter_mut().zip(["ProfileEnriched", "ModelCalled"]) {
            let sql = "select coalesce(sum((data ->> 'cost')::numeric), 0) from es.event where type = $1";
            *cost = sqlx::query_scalar(sql).bind(event_type).fetch_one(&self.database.pool).await.unwrap();
        }
        costs
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_step_a_run_goes_on_and_pays_for_nothing_twice() {
    let house = House::with_people(5).await;
    let people: i64 = house.count("PersonSeen").await;
    for point in CRASH_POINTS {
        let fill = ["profiles", "fill", "--strategy", "hostile", "--all", "--overwrite", "--workers", "1"];
        let before = (house.model.accepted().len(), house.count("ProfileEnriched").await);
        let killed = house.run(&fill, &[("CHRONOGRAM_CRASH_AT", point)]).await;
        assert!(!killed.status.success(), "{point}");
        let report = house.fill(&["--all", "--overwrite"]).await;
        assert_eq!((&report["outcome"], &report["resumed"]), (&"done".into(), &true.into()), "{point}: {report}");
        let after = (house.model.accepted().len(), house.count("ProfileEnriched").await);
        assert_eq!(after.1 - before.1, people, "{point}: each once");
        // The second time models' answers are reused: it is another run about the same words.
        let asked = if before.0 == 0 { usize::try_from(people).unwrap() } else { 0 };
        assert_eq!(after.0 - before.0, asked, "{point}");
        let [told, paid] = house.costs().await;
        assert_eq!(told, paid, "{point}");
    }
    // What was answered in a call that was cut off behind its record is of that call: the next one pays its own.
    let again = house.fill(&["--all", "--overwrite"]).await;
    assert_eq!((&again["enriched"], &again["cost"]), (&people.into(), &"0".into()), "{again}");
    let [told, paid] = house.costs().await;
    assert_eq!(told, paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_anywhere_again_and_again_it_gets_through_and_each_question_is_paid_for_once() {
    let house = House::with_people(24).await;
    house.model.set_latency(Duration::from_millis(150));
    let fill = ["profiles", "fill", "--strategy", "hostile", "--all", "--workers", "2"];
    let mut kills = 0;
    while kills < 3 {
        let (asked, filled) = (house.model.accepted().len(), house.count("ProfileEnriched").await);
        let mut command = house.home.command(&fill);
        command.env("MODELS_FILE", house.home.data().join("models.json"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // In the middle of whatever it is at, once it has done something.
        let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
        while house.model.accepted().len() < asked + 3 && house.count("ProfileEnriched").await < filled + 3 {
            assert!(tokio::time::Instant::now() < deadline, "nothing happens");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // Once as Ctrl-C does it: what is on its way is then waited for.
        send_signal(child.id(), if kills == 1 { "INT" } else { "KILL" }).unwrap();
        tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap();
        kills += 1;
    }
    let report = house.fill(&["--all", "--workers", "8"]).await;
    assert_eq!((&report["outcome"], &report["resumed"]), (&"done".into(), &true.into()), "{report}");
    let people = house.count("PersonSeen").await;
    assert_eq!(house.count("ProfileEnriched").await, people);
    assert_eq!(house.count("ModelCalled").await, people, "what was recorded was never asked again");
    let lost = house.model.accepted().len() - usize::try_from(people).unwrap();
    assert!(lost <= kills * 2, "{lost} answers were on their way when it was killed: two at a time");
    let [told, paid] = house.costs().await;
    assert_eq!(told, paid);
}
