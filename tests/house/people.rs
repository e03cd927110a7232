//! What every event says of people, decided: a new event, or a new text in one, fails here until somebody has.
//!
//! *Sealed* are people's words; they are gone when a person is erased. *Named* is a person, by their id: ids stay, so that
//! what others said keeps its place, and an export shows who was named where. *Open* is everything else that is text,
//! and stays readable for ever: facts, settings, what a channel says in public. A path stands for what is below it too.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fs, io,
    path::PathBuf,
    sync::Arc,
};

use chronogram_automations::people::{ExportSink, PersonExport};
use chronogram_log::{Clock, InMemoryEventStore, Position, RecordedEvent, SharedEventStore, conformance::Sample};
use chronogram_model::{EventShape, PersonId, all_shapes};
use jiff::Timestamp;
use serde_json::Value;

/// In the samples, everything about a person is about this one.
const ANN: PersonId = PersonId::Telegram(7);

struct Decision {
    event: &'static str,
    sealed: &'static str,
    named: &'static str,
    open: &'static str,
}

const fn of(event: &'static str, sealed: &'static str, named: &'static str, open: &'static str) -> Decision {
    Decision { event, sealed, named, open }
}

const DECISIONS: &[Decision] = &[
    of("BotBlocked", "", "person", ""),
    of("BotUnblocked", "", "person", ""),
    of("BreakerClosed", "", "", "name"),
    of("BreakerOpened", "", "", "name"),
    of("ButtonPressed", "data", "person", "press"),
    of("CallEnded", "", "", "outcome"),
    of("ChannelAdministratorSeen", "", "person", ""),
    of("ChannelObserved", "", "", "source title"),
    of("ChannelSnapshotTaken", "", "", "source"),
    of("ChannelTracked", "", "", "title username"),
    of("ChannelUntracked", "", "", ""),
    of("CollectionFailed", "", "", "reason source what"),
    of("ConversationDescribed", "title", "", ""),
    of("ConversationMigrated", "", "", ""),
    of("ConversationOpened", "", "", "conversation kind source"),
    of("DeepLinkFollowed", "payload", "", ""),
    // The seed is from ids alone.
    of("EffectAnswered", "exchange", "", "digest paid plugin seed"),
    of("FillPolicyRemoved", "", "", "name"),
    of("FillPolicySet", "", "", "policy"),
    of("LanguageChosen", "", "person", "language"),
    of("MessageEdited", "message.content", "message.sender.person", "message"),
    of("MessageReceived", "content", "sender.person", "reactions source time via_bot"),
    of("ModelAnswerReused", "", "", "call caller model request"),
    // The request is a veiled digest. The answer is sealed to the person it is about.
    of("ModelCalled", "answer", "", "caller cost finish model outcome request served_by"),
    of("PersonErased", "", "person", ""),
    of("PersonSeen", "name", "person", "language"),
    of("PluginActivated", "", "", "config digest grants name"),
    of("PluginDeactivated", "", "", "name"),
    of("PluginFaulted", "", "", "digest fault name"),
    of("PluginInstalled", "", "", "digest name signed_by summary version wants wit_version world"),
    of("PluginQuarantined", "", "", "digest name"),
    of("PluginRemoved", "", "", "digest name"),
    of("PluginRolledBack", "", "", "config digest grants name"),
    of("PluginTrialPassed", "", "", "digest name"),
    // A channel speaks in public, in nobody's name.
    of("PostObserved", "", "content.entities.person", "author content reactions source time"),
    of("ProfileCleared", "", "person", ""),
    // The hashes are veiled: nobody can try out which words make them.
    of("ProfileEnriched", "ask set", "person", "cost fallback_reason plugin strategy unset"),
    of("ProfileEnrichmentFailed", "", "person", "digest fault strategy"),
    of("ReminderCancelled", "", "", ""),
    of("ReminderDelivered", "", "", ""),
    of("ReminderDeliveryFailed", "", "", "reason"),
    of("ReminderRescheduled", "", "", "due.zone"),
    of("ReminderScheduled", "text", "person", "conversation due.zone reminder"),
    of("ReplyFailed", "", "", "reason reply"),
    of("ReplyRequested", "outgoing", "", "priority reply"),
    of("ReplySent", "", "", "reply"),
    // Its sample is one of a group; what a person did is theirs, as in `MessageReceived`.
    of("ServiceMessageObserved", "", "", "action actor details source time"),
    of("TimeZoneSet", "", "person", "zone"),
    of("VipMarked", "", "person", ""),
    of("VipUnmarked", "", "person", ""),
];

/// Paths by what stands there.
#[derive(Default)]
struct Seen {
    sealed: BTreeSet<String>,
    named: BTreeSet<String>,
    open: BTreeSet<String>,
}

impl Seen {
    fn look(&mut self, value: &Value, path: &str) {
        match value {
            Value::Object(members) if members.contains_key("person") && members.contains_key("plain") => {
                self.sealed.insert(path.to_owned());
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    if name == "person" {
                        self.named.insert(below);
                    } else {
                        self.look(member, &below);
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.look(value, path)),
            Value::String(text) if text.parse::<Timestamp>().is_err() => _ = self.open.insert(path.to_owned()),
            _ => {}
        }
    }
}

fn sample_of(shape: EventShape) -> Value {
    let name = format!("house/golden/{}.v{}.json", shape.name, shape.version);
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn shapes() -> impl Iterator<Item = EventShape> {
    // An event of two kinds of streams is one event.
    all_shapes().iter().copied().collect::<BTreeSet<_>>().into_iter()
}

/// What is decided and not there, or there and not decided.
fn apart(seen: &BTreeSet<String>, decided: &str) -> Vec<String> {
    let decided: Vec<&str> = decided.split_whitespace().collect();
    let covers = |decided: &str, path: &str| {
        path.strip_prefix(decided).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let undecided = seen.iter().filter(|path| !decided.iter().any(|one| covers(one, path))).cloned();
    let vain =
        decided.iter().filter(|one| !seen.iter().any(|path| covers(one, path))).map(|one| format!("{one} (gone)"));
    undecided.chain(vain).collect()
}

#[test]
fn every_event_is_decided_on() {
    let decisions: BTreeMap<&str, &Decision> = DECISIONS.iter().map(|decision| (decision.event, decision)).collect();
    let mut wrong = Vec::new();
    for shape in shapes() {
        let Some(decision) = decisions.get(shape.name) else {
            wrong.push(format!("{}: no decision", shape.name));
            continue;
        };
        let mut seen = Seen::default();
        seen.look(&sample_of(shape), "");
        for (kind, seen, decided) in [
            ("sealed", &seen.sealed, decision.sealed),
            ("named", &seen.named, decision.named),
            ("open", &seen.open, decision.open),
        ] {
            wrong.extend(apart(seen, decided).into_iter().map(|path| format!("{}: {kind}: {path}", shape.name)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(decisions.len(), shapes().count(), "decisions on events that are no more");
}

#[derive(Debug)]
struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

#[derive(Default)]
struct Exported(HashSet<String>);

impl ExportSink for Exported {
    fn event(&mut self, event: &RecordedEvent) -> io::Result<()> {
        self.0.insert(event.event_type.clone());
        Ok(())
    }

    fn row(&mut self, _: &str, _: &Value) -> io::Result<()> {
        Ok(())
    }
}

/// Whatever stream it stands in, even a channel's.
#[tokio::test]
async fn an_export_shows_every_event_that_names_a_person_or_holds_their_words() {
    let store: SharedEventStore = Arc::new(InMemoryEventStore::new(Arc::new(Epoch)));
    for shape in shapes() {
        let data = sample_of(shape).to_string();
        store.append(Sample::new(shape.name, "channel--1").shape(shape).data(&data).build()).await.unwrap();
    }
    let head = store.head().await.unwrap();
    let mut exported = Exported::default();
    PersonExport::of(&[ANN]).events(&store, head, &mut exported, &|_, _| {}).await.unwrap();
    let about = DECISIONS.iter().filter(|decision| !decision.sealed.is_empty() || !decision.named.is_empty());
    let about: HashSet<String> = about.map(|decision| decision.event.to_owned()).collect();
    assert_eq!(exported.0, about);
    assert!(head > Position::START);
}
