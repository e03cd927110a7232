//! Decisions made again as they were, and candidates tried on the past.

use std::{
    path::Path,
    sync::{Arc, LazyLock},
};

use async_trait::async_trait;
use chronogram_automations::judging::{
    AlertBacktest, AlertTold, Artifact, AuditOptions, AuditReport, Backtest, BacktestOptions, Judge, ProfileBacktest,
    Verdict,
};
use chronogram_handlers::{Context, Handler};
use chronogram_log::{Actor, EventFilter, Position};
use chronogram_model::{
    ChatId, ExportTime, MessageContent, MessageId, Origin, PersonId, Personal, ReactionCount, Source,
    channel::{Channel, ChannelCommand, ChannelSnapshotTaken, ChannelTracked, CollectionSource, PostObserved},
    person::{Person, PersonCommand, PersonEvent, PersonName, PersonSeen, ProfileCleared, ProfileEnriched, Replaces},
};
use chronogram_plugin_host::{EffectAnswer, EffectError, EffectRequest, Effects, LlmResponse, NoEffects};
use jiff::{SignedDuration, Timestamp};

use super::world::{World, guest_build::build_guest, hostile};

/// A model that answers everything.
struct Model;

#[async_trait]
impl Effects for Model {
    async fn perform(&self, _: &str, request: &EffectRequest) -> Result<EffectAnswer, EffectError> {
        let EffectRequest::Llm(ask) = request else { panic!("{request:?}") };
        let content = ask.messages[0].content.replace("question", "answer");
        Ok(EffectAnswer::Llm(LlmResponse { content, input_tokens: 1, output_tokens: 1, model: "m".into() }))
    }
}

impl World {
    fn judge(&self) -> Judge {
        let engine = Arc::new(self.engine.clone());
        Judge::new(engine, self.store.clone(), self.codec.clone(), self.plugins.clone())
    }

    async fn audit(&self, last: usize) -> AuditReport {
        self.judge().audit(&AuditOptions { last, plugin: None }, &|_, _| {}).await.unwrap()
    }

    async fn backtest(&self, wasm: Vec<u8>, config: &str, against: Option<&str>) -> Backtest {
        let judge = self.judge();
        let candidate = judge.candidate(Artifact::Bytes(wasm), Some(config)).await.unwrap();
        let other = match against {
            Some(digest) => {
                let artifact = Artifact::Installed { name: candidate.name().into(), digest: Some(digest.into()) };
                Some(judge.candidate(artifact, None).await.unwrap())
            }
            None => None,
        };
        let options = BacktestOptions { since: Position::START, sample: None, examples: 100 };
        judge.backtest(&candidate, other.as_ref(), options, &|_, _| {}).await.unwrap()
    }

    async fn backtest_profiles(&self, wasm: Vec<u8>, config: &str, against: Option<&str>) -> ProfileBacktest {
        match self.backtest(wasm, config, against).await {
            Backtest::Profile(report) => *report,
            other @ Backtest::Alert(_) => panic!("{other:?}"),
        }
    }

    async fn person(&self, command: PersonCommand) {
        let origin = Origin::of(&["test", &self.clock.now().to_string()]);
        let context = Context::new(origin, Actor::Automation("test".into()));
        let people = Handler::<Person>::new(self.store.clone(), self.codec.clone());
        people.handle(&command, &context).await.unwrap();
    }

    async fn rename(&self, number: i64, name: &str) {
        let person = PersonId::Telegram(number);
        let name = PersonName { display: Some(name.to_owned()), username: None };
        let seen_at = self.clock.now();
        let name = Personal::of(person.clone(), name);
        self.person(PersonCommand::See(PersonSeen {
            name,
            person,
            language: None,
            premium: None,
            chat: None,
            seen_at,
        }))
        .await;
    }

    /// What was recorded last about a profile.
    async fn last_decision(&self) -> ProfileEnriched {
        let filter = EventFilter::types(["ProfileEnriched"]);
        let page = self.store.read_all(Position::START, &filter, 1_000).await.unwrap();
        match self.codec.decode(page.events.last().unwrap()).unwrap() {
            Some(PersonEvent::ProfileEnriched(enriched)) => enriched,
            other => panic!("{other:?}"),
        }
    }

    /// Records a decision that nobody took: the same as the last one, from the same input, but for `change`.
    async fn forge(&self, change: fn(&mut ProfileEnriched)) {
        let mut proposal = self.last_decision().await;
        change(&mut proposal);
        let cleared = ProfileCleared { person: proposal.person.clone(), cleared_at: self.clock.now() };
        self.person(PersonCommand::ClearProfile(cleared)).await;
        self.person(PersonCommand::Enrich { proposal, replaces: Replaces::Nothing }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_are_the_same_again_whatever_became_of_the_people_since() {
    let world = World::new().await;
    world.people(5).await;
    world.activate(1, "ask-twice", &["llm:default"]).await;
    assert_eq!(world.fill(1, 2, Arc::new(Model)).await.enriched, 5);
    for number in 1..=5 {
        world.rename(number, "Somebody Else").await;
    }
    let cleared = ProfileCleared { person: PersonId::Telegram(3), cleared_at: world.clock.now() };
    world.person(PersonCommand::ClearProfile(cleared)).await;
    // Another pointer to the same artifact: each decision is made again with the one it was made with.
    world.activate(1, "behave", &[]).await;
    world.people(6).await;
    assert_eq!(world.fill(2, 2, Arc::new(NoEffects)).await.enriched, 2, "who is new, and who was cleared");

    let report = world.audit(100).await;
    assert_eq!((report.decisions, report.same), (7, 7), "{report:#?}");
    assert!(!report.differs());
    let newest = world.audit(2).await;
    assert_eq!((newest.decisions, newest.same), (2, 2), "{newest:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_as_the_log_says_is_found_and_named() {
    let world = World::new().await;
    world.people(1).await;
    let digest = world.activate(1, "behave", &[]).await;
    world.fill(1, 2, Arc::new(NoEffects)).await;
    world.forge(|_| {}).await;
    world.forge(|decision| decision.plugin.fuel += 1).await;
    world
        .forge(|decision| {
            decision.plugin.fuel -= 1;
            decision.plugin.output_hash = "0".repeat(64);
        })
        .await;
    world.forge(|decision| decision.plugin.input_hash = "0".repeat(64)).await;
    world.forge(|decision| decision.plugin.call.as_mut().unwrap().made_from = "input 1".to_owned()).await;
    let report = world.audit(100).await;
    let verdicts: Vec<&Verdict> = report.findings.iter().map(|finding| &finding.verdict).collect();
    assert!(
        matches!(
            verdicts.as_slice(),
            [
                Verdict::FuelDiffers(_),
                Verdict::OutputDiffers(_),
                Verdict::InputDiffers(_),
                Verdict::InputDiffers(versions),
            ] if versions.contains("input 1")
        ),
        "{report:#?}"
    );
    assert_eq!((report.decisions, report.same), (6, 2));
    assert!(report.differs());

    // An older release recorded neither seed nor time: what came of it is compared all the same.
    let older = World::new().await;
    older.people(1).await;
    older.activate(1, "behave", &[]).await;
    older.fill(1, 2, Arc::new(NoEffects)).await;
    older.forge(|decision| decision.plugin.call = None).await;
    older.forge(|decision| decision.plugin.fuel += 1).await;
    let report = older.audit(2).await;
    assert_eq!(report.same, 1, "{report:#?}");
    assert!(matches!(report.findings[0].verdict, Verdict::InputDiffers(_)), "{report:#?}");

    // What was removed cannot decide again.
    world.activate(2, "behave", &[]).await;
    world.plugins.remove("profile-hostile", &digest).await.unwrap();
    let report = world.audit(3).await;
    assert_eq!((report.cannot_run, report.differs()), (3, false), "{report:#?}");
    assert!(format!("{report:?}").contains("removed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_is_answered_what_was_answered_then_and_nothing_else() {
    let world = World::new().await;
    world.people(4).await;
    let first = world.activate(1, "ask-twice", &["llm:default"]).await;
    world.fill(1, 2, Arc::new(Model)).await;
    let before = world.store.head().await.unwrap();

    let same = world.backtest_profiles(hostile(2), "\"ask-twice\"", None).await;
    assert_eq!((same.decisions, same.same, same.different), (4, 4, 0), "{same:#?}");
    assert_eq!((same.effects_answered, same.effects_unavailable), (8, 0));
    assert_eq!(same.fuel, same.fuel_before);

    let other = world.backtest_profiles(hostile(2), "\"behave\"", None).await;
    assert_eq!((other.same, other.different), (0, 4), "{other:#?}");
    assert_eq!((other.fields.new, other.fields.missing, other.keys["calls"].new), (4, 4, 4));
    assert_eq!(other.examples.len(), 4);
    let example = &other.examples[0].difference;
    assert_eq!((example.new[0].key.as_str(), example.missing[0].key.as_str()), ("calls", "told"));

    let curious = world.backtest_profiles(hostile(2), "\"ask-without-end\"", None).await;
    assert_eq!((curious.lost, curious.faults["too_many_rounds"]), (4, 4), "{curious:#?}");
    assert!(curious.effects_unavailable > 0 && curious.effects_answered == 8, "{curious:#?}");
    let refusing = world.backtest_profiles(hostile(2), "\"refuse\"", None).await;
    assert_eq!((refusing.lost, refusing.refused["unsupported"]), (4, 4), "{refusing:#?}");

    // Against an installed one, with what it was activated with.
    let against = world.backtest_profiles(hostile(2), "\"ask-twice\"", Some(&first)).await;
    assert_eq!((against.same, against.different), (4, 0), "{against:#?}");

    // What failed then is what a candidate may gain.
    world.people(5).await;
    world.activate(3, "refuse", &[]).await;
    world.fill(2, 2, Arc::new(NoEffects)).await;
    let gained = world.backtest_profiles(hostile(2), "\"ask-twice\"", None).await;
    assert_eq!((gained.decisions, gained.same, gained.gained), (5, 4, 1), "{gained:#?}");

    let judge = world.judge();
    let candidate = judge.candidate(Artifact::Bytes(hostile(2)), Some("\"behave\"")).await.unwrap();
    let options = BacktestOptions { since: before, sample: Some(3), examples: 0 };
    let Backtest::Profile(late) = judge.backtest(&candidate, None, options, &|_, _| {}).await.unwrap() else {
        panic!()
    };
    assert_eq!((late.decisions, late.examples.len()), (1, 0), "only what came after, and no more than there is");
}

/// The strategy that authors begin an alert with.
static SWINGS: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/sdk/rust/template-alert");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("template-alert-guest");
    build_guest(&guest, &target).unwrap_or_else(|error| panic!("{error}"))
});

const DAY: SignedDuration = SignedDuration::from_hours(24);

struct Watched<'a> {
    world: &'a World,
    channels: Handler<Channel>,
    begin: Timestamp,
}

impl Watched<'_> {
    async fn handle(&self, command: ChannelCommand, id: &str) {
        let context = Context::new(Origin::of(&["test", id]), Actor::Automation("test".into()));
        self.channels.handle(&command, &context).await.unwrap();
    }

    async fn track(&self, channel: ChatId, title: &str) {
        let tracked = ChannelTracked { channel, username: None, title: Some(title.to_owned()), tracked_at: self.begin };
        self.handle(ChannelCommand::Track(tracked), title).await;
    }

    async fn count(&self, channel: ChatId, day: i32, members: u64) {
        let (taken_at, source) = (self.begin + DAY * day, CollectionSource::BotApi);
        let taken = ChannelSnapshotTaken { channel, members, taken_at, source };
        self.handle(ChannelCommand::TakeSnapshot(taken), &format!("{channel} {day} {members}")).await;
    }

    async fn post(&self, channel: ChatId, number: i64, at: SignedDuration) {
        let content = MessageContent { text: "post".into(), ..MessageContent::default() };
        let post = PostObserved {
            channel,
            post_id: MessageId(number),
            posted_at: self.begin + at,
            time: ExportTime::Unix,
            author: None,
            content,
            reply_to: None,
            touched_at: None,
            reactions: Vec::<ReactionCount>::new(),
            source: Source::Telegram,
        };
        self.handle(ChannelCommand::ObservePost(post), &format!("post {channel} {number}")).await;
    }

    async fn backtest(&self, config: &str, sample: Option<usize>) -> AlertBacktest {
        let judge = self.world.judge();
        let candidate = judge.candidate(Artifact::Bytes(SWINGS.clone()), Some(config)).await.unwrap();
        let options = BacktestOptions { since: Position::START, sample, examples: 100 };
        match judge.backtest(&candidate, None, options, &|_, _| {}).await.unwrap() {
            Backtest::Alert(report) => *report,
            other @ Backtest::Profile(_) => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_strategy_is_called_behind_each_count_with_what_it_remembered() {
    let world = World::new().await;
    let channels = Handler::<Channel>::new(world.store.clone(), world.codec.clone());
    let watched = Watched { world: &world, channels, begin: "2026-10-01T06:00:00Z".parse().unwrap() };
    let (chess, tea) = (ChatId::supergroup(1), ChatId::supergroup(2));
    watched.track(chess, "Chess").await;
    watched.track(tea, "Tea").await;
    watched.post(chess, 1, DAY / 2).await;
    for (day, members) in (0..).zip([1_000, 1_050, 1_110, 1_120, 700]) {
        watched.count(chess, day, members).await;
        watched.count(tea, day, 50).await;
    }
    let report = watched.backtest("{}", None).await;
    assert_eq!((report.counts, report.channels, report.raised), (10, 2, 2), "{report:#?}");
    let told: Vec<(&str, String, String)> = report
        .alerts
        .iter()
        .map(|raised| (raised.alert.severity.as_str(), raised.alert.before.to_string(), raised.alert.after.to_string()))
        .collect();
    // The slow rise is told on the third day, against what was remembered; the fall on the fifth.
    assert_eq!(
        told,
        [("warning", "1000".to_owned(), "1110".to_owned()), ("critical", "1110".to_owned(), "700".to_owned())]
    );
    assert_eq!(report.alerts[0].at, watched.begin + DAY * 2);
    assert!(report.alerts[0].alert.message.starts_with("Chess: "), "{report:#?}");
    assert!(report.alerts.iter().all(|raised| raised.told == AlertTold::New && raised.channel == chess));

    let patient = watched.backtest(r#"{"percent":50}"#, None).await;
    assert_eq!((patient.counts, patient.raised), (10, 0), "{patient:#?}");
    let one = watched.backtest("{}", Some(1)).await;
    assert_eq!((one.counts, one.channels), (5, 1), "{one:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_asking_brought_is_learnt_from_the_log_and_the_same_each_time() {
    let world = World::new().await;
    world.plugins.ensure_built_in().await.unwrap();
    world.people(29).await;
    world.activate(1, "ask-twice", &["llm:default"]).await;
    world.fill(1, 20, Arc::new(Model)).await;
    let judge = world.judge();
    let too_few = judge.train(&|_, _| {}).await.unwrap().unwrap_err();
    assert_eq!((too_few.outcomes, too_few.needed), (29, 30));

    world.people(32).await;
    world.fill(2, 20, Arc::new(Model)).await;
    // Who decided without asking is no outcome.
    world.activate(2, "behave", &[]).await;
    world.people(34).await;
    world.fill(3, 20, Arc::new(NoEffects)).await;
    let trained = judge.train(&|_, _| {}).await.unwrap().unwrap();
    assert_eq!((trained.outcomes, trained.weights.check()), (32, Ok(())));
    // Each time the strategy told one field that basic does not tell.
    assert!((trained.weights.gain.base - 1.0).abs() < 1e-9, "{trained:?}");
    let again = judge.train(&|_, _| {}).await.unwrap().unwrap();
    assert_eq!((again.digest.len(), again.digest), (64, trained.digest));
}
