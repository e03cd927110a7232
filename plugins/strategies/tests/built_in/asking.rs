//! The strategies that ask a model, at their limits.

use chronogram_plugin_host::{
    CallContext, EffectAnswer, EffectRequest, Exchange, Limits, LlmResponse, Message, Outcome, ProfileInput,
    ProfileOutcome, ProfilePatch, Scalar, Strategy, StrategyError, Watched,
};
use chronogram_predictor::{Features, Outcome as Asked, train};

use crate::{call, fact, loaded};

/// Who asks whenever there is a message, and who asks where it is worth it.
const ASKING: [&str; 2] = ["profile-llm", "profile-hybrid"];
/// As long as an answer may be.
const ANSWER_BYTES: usize = 24 << 10;

/// Somebody who wrote as much as a call takes.
fn writer(text: &str) -> ProfileInput {
    let messages = (0..300_u64).map(|at| Message {
        id: format!("m{at}"),
        from_user: true,
        text: text.into(),
        facts: vec![fact("sent_at", Scalar::At(at * 3_600_000))],
    });
    ProfileInput { messages: messages.collect(), ..ProfileInput::default() }.fitted(&Limits::default())
}

fn the_most() -> [ProfileInput; 2] {
    [
        writer(&"Слушаю музыку и пишу код на работе, а потом еду домой готовить ужин. ".repeat(10)),
        writer(&"I hear music and write code at work, then I go home to cook dinner. ".repeat(18)),
    ]
}

async fn request(strategy: &Strategy, input: &ProfileInput) -> EffectRequest {
    let asked = strategy.fill(call(strategy), input.clone()).await.unwrap();
    let ProfileOutcome::Suspended(mut requests) = asked.outcome else { panic!("{:?}", asked.outcome) };
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

/// The call that goes on with an answer.
async fn answered(strategy: &Strategy, input: &ProfileInput, content: &str) -> Watched<ProfilePatch> {
    let request = request(strategy, input).await;
    let response = LlmResponse { content: content.into(), input_tokens: 1, output_tokens: 1, model: "stand-in".into() };
    let exchange = Exchange { request, answer: Ok(EffectAnswer::Llm(response)) };
    strategy.watch_fill(call(strategy), input.clone(), vec![exchange]).await
}

#[tokio::test]
async fn the_longest_question_stays_well_below_the_limit_of_a_request() {
    for name in ASKING {
        let strategy = loaded(name).await;
        for input in the_most() {
            let EffectRequest::Llm(ask) = request(&strategy, &input).await else { panic!("it asks a model") };
            let size: usize = ask.messages.iter().map(|turn| turn.role.len() + turn.content.len()).sum();
            assert!((16 << 10..26 << 10).contains(&size), "{name}: {size}");
        }
    }
}

#[tokio::test]
async fn the_largest_inputs_and_the_worst_answers_stay_within_fuel_and_memory() {
    let quotes: Vec<String> = (0..300).map(|at| format!("\"I hear music and write codes {at}\"")).collect();
    let cited =
        format!(r#"{{"fields":[{{"key":"tone","value":"dry","confidence":1,"evidence":[{}]}}]}}"#, quotes.join(","));
    let lines = "Interests: music (m1), code [m2-m40]\n".repeat(1_000);
    let answers = ["[".into(), "{\"a\":[1,".into(), "{'interests': ['a', ".into(), "((m1)".into(), cited, lines]
        .map(|part: String| part.repeat(ANSWER_BYTES / part.len() + 1)[..ANSWER_BYTES].to_owned());
    let limits = Limits::default();
    let mut over = Vec::new();
    for name in ASKING {
        let strategy = loaded(name).await;
        for (input, answer) in the_most().iter().flat_map(|input| answers.iter().map(move |answer| (input, answer))) {
            let figures = answered(&strategy, input, answer).await.figures;
            let (fuel, memory) = (figures.fuel_used, figures.peak_memory_bytes);
            let told = format!("{name}: {fuel} fuel, {memory} bytes of memory on {:?}", &answer[..12]);
            #[allow(clippy::print_stderr)] // Shown by `cargo test -- --nocapture`.
            {
                eprintln!("{told}");
            }
            if fuel > limits.fuel / 5 * 4 || memory > limits.memory_bytes / 4 {
                over.push(told);
            }
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
}

#[tokio::test]
async fn whatever_a_model_answers_is_an_outcome_and_no_fault() {
    let hostile = [
        String::new(),
        "\u{0}".repeat(100),
        format!(r#"{{"summary":"{}"}}"#, "ы".repeat(10_000)),
        format!(r#"{{"fields":[{}]}}"#, vec![r#"{"key":"tone","value":"dry","evidence":["m1","m1"]}"#; 300].join(",")),
        r#"{"summary":"a\u0000b","tone":["\u0000"],"interests":{"value":{"value":{}}}}"#.into(),
        r#"{"tone":{"value":"dry","confidence":1e308,"evidence":[-1,1.5,1e30,"m99999999999999999999"]}}"#.into(),
    ];
    for name in ASKING {
        let strategy = loaded(name).await;
        for answer in &hostile {
            let outcome = answered(&strategy, &the_most()[0], answer).await.outcome;
            let is_one = matches!(outcome, Ok(Outcome::Done(_) | Outcome::Refused(StrategyError::Other(_))));
            assert!(is_one, "{name}: {outcome:?} on {} bytes", answer.len());
        }
    }
}

/// Weights trained natively decide in the guest as they do here.
#[tokio::test]
async fn the_hybrid_is_guided_by_weights_of_its_configuration() {
    let outcome = |letters: u64| Asked {
        features: Features { messages: 200, worded: 200, letters, ..Features::default() },
        gain_fields: u32::from(letters > 20_000) * 4,
        cost: 0.001,
    };
    let outcomes: Vec<Asked> = (0..60).map(|at| outcome(at * 1_000)).collect();
    let weights = serde_json::to_string(&train(&outcomes).unwrap()).unwrap();
    let strategy = loaded("profile-hybrid").await;
    let kind = async |config: String, input: ProfileInput| {
        let call = CallContext { config, ..call(&strategy) };
        strategy.fill(call, input).await.unwrap().outcome.kind()
    };
    let guided = |threshold: f64| format!(r#"{{"predictor":{weights},"threshold":{threshold}}}"#);
    let [wordy, _] = the_most();
    let terse = writer("да, слушаю");
    assert_eq!(kind(guided(1.0), wordy.clone()).await, "suspended");
    assert_eq!(kind(guided(1.0), terse.clone()).await, "done");
    assert_eq!(kind(guided(64.0), wordy).await, "done");
    assert_eq!(kind("{}".into(), terse).await, "suspended", "by the rule it is enough");
    let spoilt = weights.replace("\"version\":1", "\"version\":9");
    assert_eq!(kind(format!(r#"{{"predictor":{spoilt}}}"#), ProfileInput::default()).await, "refused");
}
