//! Exports, with and without a running system.

use chronogram_tests::{
    Home,
    exports::{every_kind_fixture, shared_data},
};
use serde_json::Value;

fn import(home: &Home, file: &std::path::Path) -> Value {
    let printed = home.succeed(&["import", "--json", file.to_str().unwrap()]).unwrap();
    serde_json::from_str(printed.trim()).unwrap()
}

/// The log as readers of any house see it: stream, revision and type of every event, without the time of recording, and
/// without ids: they are digests of what was said, veiled with a secret of the house.
fn log_of(home: &Home) -> Vec<(String, u64, String)> {
    let printed = home.succeed(&["events", "list", "--json", "--limit", "10000"]).unwrap();
    let mut events: Vec<_> = printed
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|event| {
            let text = |key: &str| event[key].as_str().unwrap().to_owned();
            (text("stream"), event["revision"].as_u64().unwrap(), text("type"))
        })
        .collect();
    events.sort();
    events
}

#[test]
fn a_second_import_appends_nothing_and_read_models_equal_a_replay() {
    let home = Home::private().unwrap();
    let first = import(&home, &every_kind_fixture());
    assert_eq!(first["bad_messages"], 0, "{first}");
    assert!(first["events_appended"].as_u64().unwrap() > 150, "{first}");
    let second = import(&home, &every_kind_fixture());
    assert_eq!(second["events_appended"], 0, "{second}");
    assert_eq!(second["events_known"], first["events_appended"], "{second}");
    let verified = home.succeed(&["projections", "verify"]).unwrap();
    assert!(verified.contains("equal") && !verified.contains("different"), "{verified}");
}

#[test]
fn an_import_killed_in_the_middle_and_run_again_leaves_the_log_of_one_clean_import() {
    let clean = Home::private().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("result.json");
    chronogram_tests::exports::synthetic_export(&export, 8_000, 40, 0).unwrap();
    import(&clean, &export);

    let killed = Home::private().unwrap();
    killed.succeed(&["migrate"]).unwrap();
    let mut child = killed.command(&["import", export.to_str().unwrap()]).spawn().unwrap();
    // Killed as soon as messages of it are in the log, however many.
    while killed.succeed(&["events", "list", "--type", "MessageReceived", "--limit", "1"]).unwrap().is_empty() {
        assert!(child.try_wait().unwrap().is_none_or(|status| status.success()), "the import failed");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    import(&killed, &export);
    assert_eq!(log_of(&killed), log_of(&clean));
    // Those of the export, each of them.
    assert_eq!(import(&killed, &export)["events_appended"], 0);
}

#[test]
fn bad_files_are_refused_with_what_is_wrong_and_where() {
    let home = Home::private().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, content, expected) in [
        ("empty.json", "", "empty"),
        ("text.json", "hello", "JSON"),
        ("other.json", r#"{"rows": []}"#, "Telegram"),
        ("cut.json", r#"{"name":"x","type":"private_group","id":5,"messages":[{"id":1,"#, "cut.json"),
    ] {
        let file = folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        let refused = home.run(&["import", file.to_str().unwrap()]).unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(expected), "{name}: {said}");
    }
}

#[test]
fn the_real_channel_gives_908_posts_and_16_service_entries() {
    let Some(shared) = shared_data() else { return };
    let home = Home::private().unwrap();
    let report = import(&home, &shared.join("exports/public-channel.result.json"));
    assert_eq!((&report["messages_read"], &report["service_read"]), (&908.into(), &16.into()), "{report}");
}

/// Far below what the file holds; the binary with an open database takes a third of it.
const PEAK_BYTES_MAX: u64 = 100 << 20;
const LARGE_FILE_BYTES: u64 = 120 << 20;

#[test]
fn a_large_export_is_imported_in_bounded_memory() {
    let home = Home::private().unwrap();
    home.succeed(&["migrate"]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("result.json");
    chronogram_tests::exports::synthetic_export(&export, 12_000, 100, LARGE_FILE_BYTES).unwrap();
    let mut child = home.command(&["import", export.to_str().unwrap()]).spawn().unwrap();
    let mut peak = 0;
    let status = loop {
        // The kernel's own high-water mark: nothing between two looks is missed.
        peak = peak_bytes(child.id()).unwrap_or(peak);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert!(status.success());
    assert!(peak > 0 && peak < PEAK_BYTES_MAX, "{} MiB at the peak", peak >> 20);
}

fn peak_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
