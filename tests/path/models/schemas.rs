//! Answers that have to look like something.

use chronogram_model::language_model::ModelEvent;
use chronogram_tests::Manner;

use super::world::{World, grant, kind, with_schema};

const LIKES: &str = r#"{"type":"object","additionalProperties":false,"required":["likes"],
    "properties":{"likes":{"type":"array","items":{"type":"string"}}}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn json_is_taken_out_of_whatever_it_is_wrapped_in() {
    let world = World::new().await;
    let models = world.models();
    for (number, said) in [
        r#"{"likes":["tea"]}"#,
        "```json\n{\"likes\": [\"tea\"]}\n```",
        "Of course! They say: {\"likes\": [\"tea\"]}. Anything else?",
    ]
    .into_iter()
    .enumerate()
    {
        world.model.next(Manner::Say(said.into()));
        let answer = models.answer(&grant(1), &with_schema(&number.to_string(), LIKES)).await.unwrap();
        assert_eq!(answer.content, r#"{"likes":["tea"]}"#);
    }
    let sent = &world.model.accepted()[0]["response_format"];
    assert_eq!((&sent["type"], &sent["json_schema"]["strict"]), (&"json_schema".into(), &true.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_of_no_use_is_kept_and_heard_once_by_a_run() {
    let world = World::new().await;
    let models = world.models();
    let mut expected = Vec::new();
    for (manner, outcome) in [
        (Manner::Say(r#"{"likes":"tea"}"#.into()), "schema_violated"),
        (Manner::Say("They like tea.".into()), "no_json"),
        (Manner::RunOut(r#"{"likes":["te"#.into()), "cut_off"),
        (Manner::Refuse("I would rather not.".into()), "model_refused"),
    ] {
        let request = with_schema(outcome, LIKES);
        world.model.next(manner);
        for _ in 0..3 {
            let failure = models.answer(&grant(1), &request).await.unwrap_err();
            assert_eq!(
                (failure.kind(), failure.to_string().ends_with(outcome)),
                ("invalid_response", true),
                "{failure}"
            );
        }
        expected.push(outcome);
    }
    assert_eq!(world.model.accepted().len(), expected.len(), "a run pays once for what is of no use");
    assert_eq!(world.outcomes().await, expected);
    let log = world.log().await;
    let kept = log.iter().filter_map(|event| match event {
        ModelEvent::ModelCalled(called) => called.answer.as_ref()?.readable().map(String::as_str),
        ModelEvent::ModelAnswerReused(_) => None,
    });
    assert_eq!(kept.collect::<Vec<_>>()[1], "They like tea.");

    world.model.next(Manner::Say(r#"{"likes":[]}"#.into()));
    assert_eq!(
        kind(models.answer(&grant(2), &with_schema("no_json", LIKES)).await),
        "answered",
        "another run asks anew"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_take_less_are_asked_in_another_way_from_then_on() {
    let world = World::new().await;
    let models = world.models();
    world.model.take_no_schema();
    world.model.take_no_max_tokens();
    world.model.always(Manner::Say(r#"{"likes":["tea"]}"#.into()));
    for text in ["a", "b"] {
        let answer = models.answer(&grant(1), &with_schema(text, LIKES)).await.unwrap();
        assert_eq!(answer.content, r#"{"likes":["tea"]}"#);
    }
    assert_eq!((world.model.accepted().len(), world.model.refused()), (2, 2), "each refusal is heard once");
    let sent = &world.model.accepted()[1];
    assert_eq!((&sent["max_completion_tokens"], sent.get("response_format")), (&100.into(), None));
    assert!(sent["messages"][0]["content"].as_str().unwrap().contains("\"likes\""), "{sent}");
}
