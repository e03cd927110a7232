#![allow(clippy::unwrap_used)]
use super::*;

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

fn install(digest: &str) -> PluginCommand {
    PluginCommand::Install {
        installed: PluginInstalled {
            name: "basic".into(),
            version: "1".into(),
            digest: digest.into(),
            size_bytes: 1,
            world: "profile-strategy".into(),
            wit_version: "0.1.0".into(),
            wants: vec![],
            summary: String::new(),
            signed_by: None,
            installed_at: now(),
        },
        trial: PluginTrialPassed { name: "basic".into(), digest: digest.into(), fuel: 1, passed_at: now() },
    }
}

fn activate(digest: &str) -> PluginCommand {
    PluginCommand::Activate(PluginActivated {
        name: "basic".into(),
        digest: digest.into(),
        config: "{}".into(),
        grants: vec![],
        activated_at: now(),
    })
}

fn after(commands: &[PluginCommand]) -> PluginState {
    commands.iter().fold(PluginState::default(), |state, command| {
        Plugin::decide(&state, command).unwrap().iter().fold(state, Plugin::evolve)
    })
}

#[test]
fn an_artifact_is_installed_once() {
    assert_eq!(Plugin::decide(&after(&[]), &install("a")).unwrap().len(), 2);
    assert_eq!(Plugin::decide(&after(&[install("a")]), &install("a")).unwrap(), vec![]);
}

#[test]
fn only_an_installed_artifact_is_activated_and_only_once() {
    let refused = Plugin::decide(&after(&[install("a")]), &activate("b")).unwrap_err();
    assert_eq!(refused, PluginRejection::NotInstalled { name: "basic".into(), digest: "b".into() });
    let state = after(&[install("a"), activate("a")]);
    assert_eq!(state.active().unwrap().digest, "a");
    assert_eq!(Plugin::decide(&state, &activate("a")).unwrap(), vec![]);
}

#[test]
fn the_newest_activation_counts() {
    let state = after(&[install("a"), activate("a"), install("b"), activate("b")]);
    assert_eq!(state.active().unwrap().digest, "b");
}

fn fault(digest: &str, in_a_row: u32) -> PluginCommand {
    let faulted =
        PluginFaulted { name: "basic".into(), digest: digest.into(), fault: "trap".into(), faulted_at: now() };
    PluginCommand::RecordFault { faulted, in_a_row }
}

fn roll_back() -> PluginCommand {
    PluginCommand::RollBack { name: "basic".into(), at: now() }
}

fn remove(digest: &str) -> PluginCommand {
    PluginCommand::Remove(PluginRemoved { name: "basic".into(), digest: digest.into(), removed_at: now() })
}

fn two() -> Vec<PluginCommand> {
    vec![install("a"), activate("a"), install("b"), activate("b")]
}

fn with(mut commands: Vec<PluginCommand>, more: &[PluginCommand]) -> PluginState {
    commands.extend_from_slice(more);
    after(&commands)
}

fn active(state: &PluginState) -> Option<&str> {
    state.active().map(|active| active.digest.as_str())
}

#[test]
fn three_faults_in_a_row_put_an_artifact_aside_and_the_last_good_one_decides_again() {
    let state = with(two(), &[fault("b", 1), fault("b", 2)]);
    assert_eq!(active(&state), Some("b"), "two are not yet three");
    let events = Plugin::decide(&state, &fault("b", 3)).unwrap();
    assert!(matches!(
        events.as_slice(),
        [PluginEvent::PluginFaulted(_), PluginEvent::PluginQuarantined(_), PluginEvent::PluginRolledBack(_)]
    ));
    let state = events.iter().fold(state, Plugin::evolve);
    assert_eq!(active(&state), Some("a"));
    assert!(state.is_quarantined("b"));
    assert!(state.was_active("b"));
    // What is in flight on it faults too, and that changes nothing.
    assert_eq!(Plugin::decide(&state, &fault("b", 4)).unwrap().len(), 1);
}

#[test]
fn with_nothing_good_before_it_nothing_decides() {
    let state = after(&[install("a"), activate("a"), fault("a", 3)]);
    assert_eq!(active(&state), None);
    // An operator may give it another chance.
    let state = with(vec![install("a"), activate("a"), fault("a", 3)], &[activate("a")]);
    assert_eq!((active(&state), state.is_quarantined("a")), (Some("a"), false));
}

#[test]
fn a_configuration_that_makes_it_fault_is_not_gone_back_to() {
    let PluginCommand::Activate(mut other) = activate("b") else { return };
    other.config = r#"{"x":1}"#.into();
    let state = with(two(), &[PluginCommand::Activate(other), fault("b", 3)]);
    assert_eq!(active(&state), Some("a"), "not b with its earlier configuration");
}

#[test]
fn going_back_twice_goes_back_two_steps() {
    let three = || with(two(), &[install("c"), activate("c")]);
    assert_eq!(active(&three()), Some("c"));
    let once = Plugin::decide(&three(), &roll_back()).unwrap().iter().fold(three(), Plugin::evolve);
    assert_eq!(active(&once), Some("b"));
    let twice = Plugin::decide(&once, &roll_back()).unwrap().iter().fold(once, Plugin::evolve);
    assert_eq!(active(&twice), Some("a"));
    let refused = Plugin::decide(&twice, &roll_back()).unwrap_err();
    assert_eq!(refused, PluginRejection::NothingBefore { name: "basic".into() });
}

#[test]
fn what_was_deactivated_is_gone_back_to() {
    let deactivate = PluginCommand::Deactivate(PluginDeactivated { name: "basic".into(), deactivated_at: now() });
    let state = with(two(), std::slice::from_ref(&deactivate));
    assert_eq!(active(&state), None);
    assert!(Plugin::decide(&state, &deactivate).is_err());
    let state = with(two(), &[deactivate, roll_back()]);
    assert_eq!(active(&state), Some("b"));
}

#[test]
fn only_what_does_not_decide_is_removed_and_nobody_goes_back_to_it() {
    let still = Plugin::decide(&with(two(), &[]), &remove("b")).unwrap_err();
    assert_eq!(still, PluginRejection::StillActive { name: "basic".into(), digest: "b".into() });
    let state = with(two(), &[remove("a")]);
    assert_eq!(state.installed(), ["b"]);
    assert!(Plugin::decide(&state, &roll_back()).is_err());
    assert!(Plugin::decide(&state, &remove("a")).is_err());
    assert_eq!(Plugin::decide(&state, &install("a")).unwrap().len(), 2, "it may come again");
}
