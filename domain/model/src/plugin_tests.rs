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
