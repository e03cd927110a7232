//! Everybody gets a profile: real talk of many, and a model that answers well, badly, slowly, or not at all.

use std::time::Duration;

use chronogram_tests::{
    Manner,
    exports::{group_chat_export, shared_data},
};
use serde_json::{Value, json};

use super::killed::House;

/// A day of talk with some dozens of people.
const DAY: &str = "group-chat/2005-08-08_01.raw.txt";

#[tokio::test(flavor = "multi_thread")]
async fn everybody_in_a_real_chat_has_a_profile_after_one_run_whatever_the_model_does() {
    let Some(data) = shared_data() else { return };
    let house = House::empty().await;
    let export = house.home.data().join("result.json");
    std::fs::write(&export, group_chat_export(&data.join(DAY)).unwrap().to_string()).unwrap();
    house.succeed(&["import", export.to_str().unwrap()]).await;

    let field = json!({ "key": "interests", "value": "computers", "confidence": 0.8, "evidence": ["m1"] });
    let answer = json!({ "fields": [field] }).to_string();
    let good = || Manner::Say(answer.clone());
    for manner in [
        good(),
        Manner::Say(format!("Sure! Here it is:\n\n```json\n{answer}\n```")),
        Manner::Say("**Interests:**\n- computers (m1)\n- music".into()),
        Manner::Say("I'm sorry, but I can't help with profiling people.".into()),
        Manner::Limited(1),
        Manner::Slow(Duration::from_millis(300), answer.clone()),
        Manner::Fault(500),
        Manner::NoJson,
        Manner::CutOff,
        Manner::Refuse("No.".into()),
        Manner::Never,
    ] {
        house.model.next(manner);
        house.model.next(good());
        house.model.next(good());
    }
    house.model.always(good());
    let report = house.fill_by("llm", &["--all", "--workers", "8"]).await;
    assert_eq!((&report["outcome"], &report["failed"]), (&"done".into(), &json!({})), "{report}");
    let people = report["people"].as_u64().unwrap();
    assert!(people > 30, "{report}");
    assert_eq!(report["enriched"], people, "{report}");
    let by_the_model = report["decided_by"]["profile-llm"]["people"].as_u64().unwrap();
    let instead: u64 = report["fallbacks"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(by_the_model + instead, people, "{report}");
    assert!(by_the_model > instead && instead > 0, "{report}");
    assert!(report["fallbacks"]["unparsed"].as_u64() >= Some(1), "{report}");

    let stats: Value = serde_json::from_str(&house.succeed(&["profiles", "fill", "--stats", "--json"]).await).unwrap();
    assert_eq!((&stats["people"], &stats["with_profile"]), (&people.into(), &people.into()), "{stats}");
    let strategy = &stats["strategies"][0];
    assert_eq!((&strategy["strategy"], &strategy["fallbacks"]), (&"llm".into(), &instead.into()), "{stats}");
    let again = house.fill_by("llm", &["--all"]).await;
    assert_eq!((&again["people"], &again["enriched"]), (&0.into(), &0.into()), "{again}");
    let anew = house.fill_by("hybrid", &["--all", "--overwrite"]).await;
    assert_eq!((&anew["enriched"], &anew["failed"]), (&people.into(), &json!({})), "{anew}");
}
