//! Strategies that ask a model are set beside each other, and what asking brought is learnt from, by the real binary: with what
//! it cost.

use chronogram_tests::{Manner, ModelStandin, exports::crowd_export};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::killed::House;

/// Who wrote so much that `hybrid` asks about them without having learnt anything, and who wrote one message.
const TALKERS: u64 = 8;
const OTHERS: u64 = 12;
const MESSAGES: u64 = 8;

impl House {
    /// So many people more, numbered from `first`, who wrote so much each.
    async fn hears(&self, first: u64, people: u64, messages_each: u64) {
        let export = self.home.data().join(format!("talk-{first}.json"));
        crowd_export(&export, first, people, messages_each).unwrap();
        self.succeed(&["import", export.to_str().unwrap()]).await;
    }

    async fn told(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.succeed(arguments).await).unwrap()
    }
}

/// What the stand-in counted and what it costs, by the requests it had and its one answer.
fn price(model: &ModelStandin, answer: &str) -> (u64, Decimal) {
    let tokens = |text: &str| text.chars().count().div_ceil(4) as u64;
    let (mut asked, mut said) = (0, 0);
    for request in model.accepted() {
        let messages = request["messages"].as_array().unwrap();
        asked += messages.iter().map(|message| tokens(message["content"].as_str().unwrap()) + 3).sum::<u64>();
        said += tokens(answer);
    }
    // One dollar a million tokens read, two a million written.
    (asked + said, Decimal::new(i64::try_from(asked + 2 * said).unwrap(), 6))
}

fn money(value: &Value) -> Decimal {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn llm_and_hybrid_are_compared_with_their_figures_and_a_repeat_pays_nothing() {
    let house = House::empty().await;
    house.hears(1, TALKERS, MESSAGES).await;
    house.hears(101, OTHERS, 1).await;
    let people = TALKERS + OTHERS;
    let field = json!({ "key": "location", "value": "Riga", "confidence": 0.9, "evidence": ["m1"] });
    let answer = json!({ "fields": [field] }).to_string();
    house.model.always(Manner::Say(answer.clone()));

    let compare = ["profiles", "compare", "llm", "hybrid", "--sample", "20", "--json"];
    let first = house.told(&compare).await;
    // What both ask about is asked once: the second one's question is answered by the first one's.
    assert_eq!(house.model.accepted().len() as u64, people);
    let (llm, hybrid) = (&first["a"], &first["b"]);
    assert_eq!(
        (&first["people"], &llm["decided"], &hybrid["decided"]),
        (&people.into(), &people.into(), &people.into())
    );
    let (tokens, cost) = price(&house.model, &answer);
    assert!(cost > Decimal::ZERO);
    assert_eq!((&llm["tokens"], money(&llm["cost"])), (&tokens.into(), cost), "{first:#}");
    assert_eq!((&hybrid["tokens"], money(&hybrid["cost"])), (&0.into(), Decimal::ZERO), "{first:#}");
    // The model tells one field of everybody; hybrid asks about those who wrote much, and tells what is plainly known of all.
    assert_eq!((&llm["fields"], &llm["with_evidence"]), (&people.into(), &people.into()), "{first:#}");
    assert!(hybrid["fields"].as_u64().unwrap() > TALKERS + 2 * people, "{first:#}");
    let location = &first["keys"]["location"];
    assert_eq!((&location["same"], &location["a_only"]), (&TALKERS.into(), &OTHERS.into()), "{first:#}");
    assert_eq!((&location["different"], &location["b_only"]), (&0.into(), &0.into()), "{first:#}");
    assert_eq!((&first["both"], &first["agreeing"]), (&TALKERS.into(), &TALKERS.into()), "{first:#}");

    let mut again = house.told(&compare).await;
    assert_eq!(house.model.accepted().len() as u64, people, "nobody is asked again");
    assert_eq!((&again["a"]["tokens"], money(&again["a"]["cost"])), (&0.into(), Decimal::ZERO), "{again:#}");
    // But for what it took, it came to the same.
    let mut first = first;
    for side in ["a", "b"] {
        for figure in ["tokens", "cost", "durations"] {
            let (one, other) = (first[side].as_object_mut().unwrap(), again[side].as_object_mut().unwrap());
            assert!(one.remove(figure).is_some() && other.remove(figure).is_some(), "{figure}");
        }
    }
    assert_eq!(again, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_asking_cost_and_brought_is_learnt_and_its_quality_told() {
    let house = House::empty().await;
    let fields = ["location", "occupation"]
        .map(|key| json!({ "key": key, "value": "x", "confidence": 0.9, "evidence": ["m1"] }));
    house.model.always(Manner::Say(json!({ "fields": fields }).to_string()));
    house.hears(1, 20, MESSAGES).await;
    let told = house.fill_by("llm", &["--all"]).await;
    assert_eq!(told["decided_by"]["profile-llm"]["people"], 20, "{told:#}");
    // Of who wrote one message the model tells nothing, for money all the same.
    house.model.always(Manner::Say(json!({ "fields": [] }).to_string()));
    house.hears(101, 20, 1).await;
    let vain = house.fill_by("llm", &["--all"]).await;
    assert_eq!(vain["fallbacks"]["nothing_found"], 20, "{vain:#}");

    let trained = house.told(&["profiles", "train", "--json"]).await;
    assert_eq!(trained["outcomes"], 40, "{trained:#}");
    let number =
        |place: &str| trained.pointer(place).and_then(Value::as_f64).unwrap_or_else(|| panic!("{place}: {trained:#}"));
    // The mean over all: two fields of one half and none of the other, and what each question cost.
    assert!((number("/weights/gain/base") - 1.0).abs() < 1e-6, "{trained:#}");
    let [_, paid] = house.costs().await;
    let mean: f64 = (paid / Decimal::from(40)).to_string().parse().unwrap();
    assert!(mean > 0.0 && (number("/weights/cost/base") / mean - 1.0).abs() < 1e-6, "{mean}: {trained:#}");
    // How much somebody wrote tells nearly everything, of people it had not seen too.
    assert!(number("/quality/r_squared") > 0.9, "{trained:#}");
    assert!(number("/quality/mean_absolute_error_fields") < 0.3, "{trained:#}");
    // Somewhere asking about half of them keeps every field, and saves the money of the others.
    let at = trained["quality"]["at"].as_array().unwrap();
    let share = |at: &Value, figure: &str| at[figure].as_f64().unwrap();
    let best =
        at.iter().find(|at| (share(at, "asked_share") - 0.5).abs() < 1e-9).unwrap_or_else(|| panic!("{trained:#}"));
    assert!(share(best, "gain_kept_share") > 0.999 && share(best, "cost_saved_share") > 0.1, "{trained:#}");
}
