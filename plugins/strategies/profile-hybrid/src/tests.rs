use chronogram_predictor::{Outcome, train};
use chronogram_strategy::testing;

use super::*;

fn writes(texts: &[&str]) -> ProfileInput {
    let message = |(text, at): (&&str, usize)| Message {
        id: format!("m{at}"),
        from_user: true,
        text: (*text).into(),
        facts: Vec::new(),
    };
    let facts = vec![Fact::new("display_name", Scalar::Text("Anna".into()))];
    ProfileInput { messages: texts.iter().zip(0..).map(message).collect(), facts, ..ProfileInput::default() }
}

fn talkative() -> ProfileInput {
    writes(&["I live in Riga and I write about music, every evening after work"; 6])
}

/// The patch or the refusal, and how often a model was asked.
fn filled(
    config: &str,
    input: &ProfileInput,
    answer: Result<&str, EffectError>,
) -> (Result<Vec<(String, String)>, StrategyError>, usize) {
    let call = CallContext { config: config.into(), ..CallContext::sample() };
    let (decided, rounds) = testing::decide(
        |fx| Hybrid::fill(&call, input.clone(), fx),
        |_| answer.clone().map(|content| EffectAnswer::Llm(LlmResponse::saying(content))),
    );
    let decided = match decided {
        Ok(patch) => {
            assert_eq!(patch.unset, [""; 0]);
            Ok(patch.set.into_iter().map(|field| (field.key, field.value)).collect())
        }
        Err(Stop::Refuse(why)) => Err(why),
        Err(Stop::Suspend(_)) => unreachable!("the test answers everything"),
    };
    (decided, rounds)
}

fn keys(told: Result<Vec<(String, String)>, StrategyError>) -> Vec<String> {
    told.expect("it decides").into_iter().map(|(key, _)| key).collect()
}

/// Weights by which letters are what asking is worth.
fn weights() -> String {
    let outcome = |letters: u64| Outcome {
        features: Features { messages: 10, messages_total: 10, worded: 10, letters, ..Features::default() },
        gain_fields: u32::from(letters > 1_000) * 4,
        cost: 1.0,
    };
    let outcomes: Vec<Outcome> = (0..60).map(|at| outcome(at * 50)).collect();
    serde_json::to_string(&train(&outcomes).expect("enough")).expect("JSON")
}

#[test]
fn by_the_rule_who_wrote_enough_is_asked_about_and_both_halves_are_told() {
    let (told, asked) =
        filled("{}", &talkative(), Ok(r#"{"location":"Riga","language":"en","summary":"A listener."}"#));
    let told = told.expect("it decides");
    assert_eq!(asked, 1);
    let values: Vec<(&str, &str)> = told.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(values[..3], [("language", "en"), ("location", "Riga"), ("summary", "A listener.")]);
    assert!(values.contains(&("display_name", "Anna")));
    assert_eq!(values.iter().filter(|(key, _)| *key == "summary").count(), 1);
}

#[test]
fn who_wrote_little_or_nothing_gets_what_is_plainly_known() {
    for texts in [&[][..], &["hi"], &["👍"; 50], &["ok"; 50]] {
        let (told, asked) = filled("{}", &writes(texts), Ok("{}"));
        assert_eq!(asked, 0, "{texts:?}");
        assert!(keys(told).contains(&"display_name".to_owned()));
    }
}

#[test]
fn weights_of_the_configuration_decide_in_place_of_the_rule() {
    let by = |input: &ProfileInput, threshold: f64| {
        let config = format!(r#"{{"predictor":{},"threshold":{threshold}}}"#, weights());
        filled(&config, input, Ok(r#"{"fields":[]}"#)).1
    };
    let wordy =
        writes(&["I live in Riga and write about music every single evening after work".repeat(6).as_str(); 10]);
    let terse = writes(&["I live in Riga, music"; 10]);
    assert_eq!((by(&wordy, 1.0), by(&terse, 1.0)), (1, 0));
    assert_eq!((by(&wordy, 60.0), by(&terse, 0.0)), (0, 1), "the threshold decides");
    assert_eq!(by(&writes(&["👍"; 10]), 0.0), 0, "nothing to show is never worth it");
}

#[test]
fn a_model_that_finds_nothing_leaves_what_is_plainly_known() {
    let (told, asked) = filled("{}", &talkative(), Ok(r#"{"fields":[]}"#));
    assert_eq!(asked, 1);
    assert!(keys(told).contains(&"summary".to_owned()));
}

#[test]
fn asking_that_fails_is_refused_with_the_words_of_the_llm_strategy() {
    let unparsed = filled("{}", &talkative(), Ok("I'd rather not")).0;
    assert_eq!(unparsed, Err(StrategyError::Other("unparsed".into())));
    let late = filled("{}", &talkative(), Err(EffectError::Unavailable("too late".into()))).0;
    assert_eq!(late, Err(StrategyError::EffectFailed("unavailable".into())));
}

#[test]
fn weights_that_cannot_be_used_are_an_invalid_configuration() {
    let good = weights();
    for (config, why) in [
        (format!(r#"{{"predictor":{}}}"#, good.replace(r#""version":1"#, r#""version":2"#)), "version is 2"),
        (format!(r#"{{"predictor":{}}}"#, good.replace(r#""letters","#, r#""laughs","#)), "features must be"),
        (r#"{"predictor":{}}"#.to_owned(), "cost"),
        (r#"{"threshold":-1}"#.to_owned(), "threshold"),
    ] {
        match filled(&config, &talkative(), Ok("{}")).0 {
            Err(StrategyError::InvalidConfig(told)) => assert!(told.contains(why), "{told}"),
            other => panic!("{why}: {other:?}"),
        }
    }
}

#[test]
fn what_is_wanted_goes_to_the_half_that_tells_it() {
    let wanting =
        |keys: &[&str]| ProfileInput { wanted_keys: keys.iter().map(|&key| key.into()).collect(), ..talkative() };
    let (told, asked) = filled("{}", &wanting(&["location", "display_name"]), Ok(r#"{"location":"Riga"}"#));
    assert_eq!((keys(told), asked), (vec!["location".into(), "display_name".into()], 1));
    let (told, asked) = filled("{}", &wanting(&["display_name"]), Ok("{}"));
    assert_eq!((keys(told), asked), (vec!["display_name".into()], 0));
}
