//! However much there is to back up and to restore, the same memory does.

use std::{process::Command, time::Duration};

use super::House;

/// Some 60 MB that no compression makes smaller, in rows of 40 kB.
const MUCH: &str = "
    insert into plugin.artifact (digest, wasm)
    select encode(sha256(n::text::bytea), 'hex'),
        (select string_agg(sha256((n || '.' || k)::bytea), null) from generate_series(1, 1250) k)
    from generate_series(1, 1500) n";

/// What twenty times as many bytes may cost more, in kB: noise, not bytes.
const MORE_MAX: u64 = 24_000;

/// The most memory that a command ever held, in kB.
fn peak(mut command: Command) -> u64 {
    let mut child = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        if let Ok(status) = std::fs::read_to_string(&status) {
            let held =
                status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
            peak = held.unwrap_or(0).max(peak);
        }
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    assert!(ended.success() && peak > 0, "{ended}, {peak} kB");
    peak
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_does_not_grow_with_what_is_backed_up() {
    let house = House::with_talk().await;
    let create = || peak(house.home.command(&["backup", "create"]));
    let restore = || peak(house.home.command(&["backup", "restore", "latest", "--yes"]));
    let (create_little, restore_little) = (create(), restore());
    house.execute(MUCH).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await; // two of one second have one name
    let (create_much, restore_much) = (create(), restore());
    assert_eq!(house.number("select count(*) from plugin.artifact where octet_length(wasm) = 40000").await, 1_500);
    for (what, little, much) in [("create", create_little, create_much), ("restore", restore_little, restore_much)] {
        assert!(much < little + MORE_MAX, "{what} held {little} kB for little and {much} kB for much");
    }
}
