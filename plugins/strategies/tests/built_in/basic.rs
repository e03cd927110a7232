//! `profile-basic` tells of everybody what is plainly known.

use std::time::Instant;

use chronogram_plugin_host::{
    CallContext, Limits, Message, ProfileField, ProfileInput, ProfileOutcome, Scalar, Strategy, StrategyError,
};
use rust_decimal::Decimal;

use crate::{call, fact, loaded};

/// Twenty evenings of a person who writes Russian on music and code.
fn person() -> ProfileInput {
    let texts = [
        "Слушаю новый альбом, очень нравится",
        "Сегодня писал на rust, компилятор снова прав",
        "Привет! Как дела?",
        "Завтра концерт, и я уже купил билеты",
    ];
    let evening_ms = 1_700_074_800_000; // 19:00 UTC
    let messages = (0..20_u64).zip(texts.iter().cycle()).map(|(day, text)| Message {
        id: format!("m{day}"),
        from_user: true,
        text: (*text).into(),
        facts: vec![fact("sent_at", Scalar::At(evening_ms + day * 86_400_000))],
    });
    let mut messages: Vec<Message> = messages.collect();
    messages.push(Message {
        id: "answer".into(),
        from_user: false,
        text: "Your cat, my dog, this puppy and that kitten".into(),
        facts: Vec::new(),
    });
    ProfileInput {
        user: "person".into(),
        messages,
        facts: vec![
            fact("display_name", Scalar::Text("Иван".into())),
            fact("messages_total", Scalar::Count(20)),
            fact("first_message_at", Scalar::At(evening_ms)),
            fact("last_message_at", Scalar::At(evening_ms + 19 * 86_400_000)),
        ],
        ..ProfileInput::default()
    }
}

async fn fields(strategy: &Strategy, input: ProfileInput) -> Vec<ProfileField> {
    let filled = strategy.fill(call(strategy), input).await.unwrap();
    let ProfileOutcome::Done(patch) = filled.outcome else { panic!("{:?}", filled.outcome) };
    patch.set
}

#[tokio::test]
async fn profile_basic_fills_a_person_who_writes() {
    let strategy = loaded("profile-basic").await;
    let fields = fields(&strategy, person()).await;
    let told: Vec<_> = fields.iter().map(|field| (field.key.as_str(), field.value.as_str())).collect();
    assert_eq!(
        told,
        [
            ("display_name", "Иван"),
            ("language", "ru"),
            ("activity", "regular"),
            ("active_hours", "16-20 UTC"),
            ("message_style", "short"),
            ("interests", "music, programming"),
            (
                "summary",
                "Иван: пишет по-русски; пишет регулярно (20 сообщений); чаще всего в 16-20 UTC; \
                 сообщения короткие; темы: музыка, программирование."
            ),
        ]
    );
    assert_eq!(fields[0].confidence, Decimal::ONE);
    assert!(fields[5].evidence.iter().all(|id| id != "answer"), "only the person's own words");
}

#[tokio::test]
async fn profile_basic_fills_a_person_who_never_wrote() {
    let strategy = loaded("profile-basic").await;
    let silent = ProfileInput {
        user: "person".into(),
        facts: vec![fact("username", Scalar::Text("bob".into())), fact("language", Scalar::Text("en".into()))],
        ..ProfileInput::default()
    };
    let told: Vec<_> = fields(&strategy, silent).await.into_iter().map(|field| (field.key, field.value)).collect();
    let expected = [("display_name", "@bob"), ("language", "en"), ("summary", "@bob: writes English.")];
    assert_eq!(told, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[tokio::test]
async fn profile_basic_refuses_a_configuration_it_does_not_know() {
    let strategy = loaded("profile-basic").await;
    let call = CallContext { config: r#"{"tone":"dry"}"#.into(), ..call(&strategy) };
    let outcome = strategy.fill(call, person()).await.unwrap().outcome;
    assert!(matches!(&outcome, ProfileOutcome::Refused(StrategyError::InvalidConfig(_))), "{outcome:?}");
}

#[tokio::test]
async fn the_largest_input_takes_at_most_half_of_the_fuel_in_either_language() {
    let strategy = loaded("profile-basic").await;
    let limits = Limits::default();
    let russian = "Слушаю музыку и пишу код на работе, а потом еду домой готовить ужин. ".repeat(10);
    let english = "I hear music and write code at work, then I go home to cook dinner. ".repeat(18);
    for text in [russian, english] {
        let messages = (0..300_u64).map(|at| Message {
            id: format!("m{at}"),
            from_user: true,
            text: text.clone(),
            facts: vec![fact("sent_at", Scalar::At(at * 3_600_000))],
        });
        let input = ProfileInput { messages: messages.collect(), ..ProfileInput::default() };
        let filled = strategy.fill(call(&strategy), input.fitted(&limits)).await.unwrap();
        let used = filled.fuel_used;
        assert!(used < limits.fuel / 2, "{used} of {}", limits.fuel);
    }
}

/// Not a bound on speed, which machines differ in: a call must only be far from its deadline.
#[tokio::test]
async fn equal_calls_are_equal_and_far_from_the_deadline() {
    let strategy = loaded("profile-basic").await;
    let first = strategy.fill(call(&strategy), person()).await.unwrap();
    let calls = 200_u32;
    let begin = Instant::now();
    for _ in 0..calls {
        assert_eq!(strategy.fill(call(&strategy), person()).await.unwrap(), first);
    }
    let each = begin.elapsed() / calls;
    let (fuel, memory) = (first.fuel_used, first.peak_memory_bytes);
    #[allow(clippy::print_stderr)] // Shown by `cargo test -- --nocapture`.
    {
        eprintln!("profile-basic: {each:?} a fresh call, {fuel} fuel, {memory} bytes of memory");
    }
    assert!(each < Limits::default().deadline / 2, "{each:?}");
}
