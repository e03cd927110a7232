//! A strategy that asks: answered, recorded, cut off anywhere, and going on without paying twice.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use chronogram_plugin_host::{
    EffectAnswer, EffectError, EffectRequest, Effects, Exchange, Fault, Filled, Grants, Journal, Limits, LlmResponse,
    NoEffects, ProfileOutcome, Strategy, Undecided,
};

use super::{input, order, strategy};

/// Answers every question with its own words, and counts what it was paid for.
#[derive(Default)]
struct Echo {
    paid: AtomicUsize,
    answer_bytes: usize,
}

#[async_trait]
impl Effects for Echo {
    async fn perform(&self, plugin: &str, request: &EffectRequest) -> Result<EffectAnswer, EffectError> {
        assert_eq!(plugin, "profile-hostile");
        self.paid.fetch_add(1, Ordering::SeqCst);
        let EffectRequest::Llm(ask) = request else { panic!("{request:?}") };
        let content =
            format!("{}{}", ask.messages[0].content.replace("question", "answer"), "x".repeat(self.answer_bytes));
        Ok(EffectAnswer::Llm(LlmResponse { content, input_tokens: 1, output_tokens: 1, model: "echo".into() }))
    }
}

/// A journal in memory that breaks down after some records.
struct Memory {
    kept: Mutex<Vec<Option<Exchange>>>,
    breaks_after: AtomicUsize,
}

impl Memory {
    fn new() -> Self {
        Self { kept: Mutex::default(), breaks_after: AtomicUsize::new(usize::MAX) }
    }

    fn len(&self) -> usize {
        self.kept.lock().unwrap().len()
    }
}

#[async_trait]
impl Journal for Memory {
    type Error = &'static str;

    async fn recorded(&self) -> Result<Vec<Option<Exchange>>, &'static str> {
        Ok(self.kept.lock().unwrap().clone())
    }

    async fn record(&self, index: usize, exchange: &Exchange) -> Result<(), &'static str> {
        if self.breaks_after.load(Ordering::SeqCst) == 0 {
            return Err("killed");
        }
        self.breaks_after.fetch_sub(1, Ordering::SeqCst);
        let mut kept = self.kept.lock().unwrap();
        if kept.len() <= index {
            kept.resize(index + 1, None);
        }
        kept[index] = Some(exchange.clone());
        Ok(())
    }
}

fn granted() -> Grants {
    Grants::recorded(&["llm:default".to_owned()]).unwrap()
}

async fn decide(
    strategy: &Strategy,
    word: &str,
    grants: &Grants,
    effects: &dyn Effects,
    journal: &Memory,
) -> Result<Filled, Undecided<&'static str>> {
    strategy.decide_fill(&order(word), &input(), grants, effects, journal).await
}

fn value(filled: &Filled) -> &str {
    let ProfileOutcome::Done(patch) = &filled.outcome else { panic!("{:?}", filled.outcome) };
    &patch.set[0].value
}

#[tokio::test]
async fn a_strategy_is_asked_again_with_the_answers_until_it_decides() {
    let strategy = strategy(Limits::default()).await;
    let (echo, journal) = (Echo::default(), Memory::new());
    let filled = decide(&strategy, "ask-twice", &granted(), &echo, &journal).await.unwrap();
    assert_eq!(value(&filled), "answer 0; answer 1");
    assert_eq!((echo.paid.load(Ordering::SeqCst), journal.len()), (2, 2));

    // The same decision again: out of the journal, to the same hashes and fuel, and nobody is asked.
    let again = decide(&strategy, "ask-twice", &granted(), &NoEffects, &journal).await.unwrap();
    assert_eq!(again, filled);

    let four = decide(&strategy, "ask-four-at-once", &granted(), &echo, &Memory::new()).await.unwrap();
    assert_eq!(value(&four), "4");
}

#[tokio::test]
async fn killed_behind_any_record_it_goes_on_and_pays_for_nothing_twice() {
    let strategy = strategy(Limits::default()).await;
    for word in ["ask-twice", "ask-four-at-once"] {
        let whole = decide(&strategy, word, &granted(), &Echo::default(), &Memory::new()).await.unwrap();
        for records in 0..4 {
            let (echo, journal) = (Echo::default(), Memory::new());
            journal.breaks_after.store(records, Ordering::SeqCst);
            let first = decide(&strategy, word, &granted(), &echo, &journal).await;
            let kept = journal.kept.lock().unwrap().iter().flatten().count();
            if let Err(error) = first {
                assert_eq!(error, Undecided::Journal("killed"));
            }
            journal.breaks_after.store(usize::MAX, Ordering::SeqCst);
            let second = Echo::default();
            let filled = decide(&strategy, word, &granted(), &second, &journal).await.unwrap();
            assert_eq!(filled, whole);
            assert_eq!(second.paid.load(Ordering::SeqCst) + kept, journal.len(), "{word} after {records}");
        }
    }
}

#[tokio::test]
async fn asking_without_end_is_a_fault_before_the_fifth_round_is_paid() {
    let strategy = strategy(Limits::default()).await;
    let echo = Echo::default();
    let endless = decide(&strategy, "ask-without-end", &granted(), &echo, &Memory::new()).await;
    assert_eq!(endless, Err(Undecided::Fault(Fault::TooManyRounds { limit: 4 })));
    assert_eq!(echo.paid.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn other_requests_than_before_are_a_fault() {
    let strategy = strategy(Limits::default()).await;
    for (word, request) in [("ask-something-else", 0), ("ask-less", 1)] {
        let fault = decide(&strategy, word, &granted(), &Echo::default(), &Memory::new()).await;
        assert_eq!(fault, Err(Undecided::Fault(Fault::Nondeterminism { request })), "{word}");
    }
    // The journal of one decision is not that of another.
    let (echo, journal) = (Echo::default(), Memory::new());
    decide(&strategy, "ask-twice", &granted(), &echo, &journal).await.unwrap();
    journal.kept.lock().unwrap().swap(0, 1);
    let swapped = decide(&strategy, "ask-twice", &granted(), &echo, &journal).await;
    assert_eq!(swapped, Err(Undecided::Fault(Fault::Nondeterminism { request: 0 })));
    let unasked = decide(&strategy, "ask-nobody", &granted(), &echo, &journal).await;
    assert_eq!(unasked, Err(Undecided::Fault(Fault::Nondeterminism { request: 0 })));
    assert_eq!(echo.paid.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_not_granted_not_there_or_too_long_is_told_to_the_strategy() {
    let strategy = strategy(Limits::default()).await;
    let echo = Echo::default();
    let other = Grants::recorded(&["llm:large".to_owned()]).unwrap();
    let denied = decide(&strategy, "ask-twice", &other, &echo, &Memory::new()).await.unwrap();
    assert!(value(&denied).contains("denied: llm:default is not granted"), "{}", value(&denied));
    assert_eq!(echo.paid.load(Ordering::SeqCst), 0, "nobody was asked");

    let nobody = decide(&strategy, "ask-twice", &granted(), &NoEffects, &Memory::new()).await.unwrap();
    assert!(value(&nobody).contains("unavailable: "), "{}", value(&nobody));

    let loud = Echo { answer_bytes: 30_000, ..Echo::default() };
    let long = decide(&strategy, "ask-twice", &granted(), &loud, &Memory::new()).await.unwrap();
    assert!(value(&long).contains("invalid: 30012 bytes where 24576"), "{}", value(&long));
}

#[tokio::test]
async fn a_huge_prompt_is_a_fault_and_nobody_is_asked() {
    let strategy = strategy(Limits::default()).await;
    let echo = Echo::default();
    let huge = decide(&strategy, "suspend-huge", &granted(), &echo, &Memory::new()).await;
    assert!(matches!(huge, Err(Undecided::Fault(Fault::BadOutput { .. }))), "{huge:?}");
    assert_eq!(echo.paid.load(Ordering::SeqCst), 0);
}
