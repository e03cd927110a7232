//! The binary: its first line, its end, and what is left after a kill at any moment.

use std::{collections::BTreeSet, path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::bot::{Bot, PATIENCE};

struct Program {
    child: Child,
    url: String,
    bot: Bot,
}

impl Program {
    async fn start(state: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_telegram-standin"))
            .args(["--state".as_ref(), state.as_os_str()])
            .args(["--no-limits", "--end-with-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
        let url = first["url"].as_str().unwrap().to_owned();
        let bot = Bot::at(&url, first["token"].as_str().unwrap());
        Self { child, url, bot }
    }

    async fn order(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let request = self.bot.client.request(method, format!("{}/standin/{path}", self.url));
        request.json(&body).send().await.unwrap().json().await.unwrap()
    }

    async fn say(&self, text: &str) -> i64 {
        let said = self.order(reqwest::Method::POST, "chats/101/messages", json!({ "from": 101, "text": text })).await;
        said["message_id"].as_i64().unwrap()
    }

    async fn update_ids(&self) -> Vec<i64> {
        let updates = self.bot.call("getUpdates", json!({})).await;
        updates.as_array().unwrap().iter().map(|update| update["update_id"].as_i64().unwrap()).collect()
    }
}

#[tokio::test]
async fn a_new_state_has_people_a_group_and_a_channel() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path()).await;
    let users = program.order(reqwest::Method::GET, "users", json!({})).await;
    let names: Vec<_> = users.as_array().unwrap().iter().map(|user| user["user"]["first_name"].clone()).collect();
    assert_eq!(names, ["Chronogram", "Анна", "Bob"]);
    let count = program.bot.call("getChatMemberCount", json!({ "chat_id": "@demo_channel" })).await;
    assert!(count.as_i64().unwrap() > 1_000);
    program.bot.call("sendMessage", json!({ "chat_id": "@demo_channel", "text": "post" })).await;
    program.bot.call("sendMessage", json!({ "chat_id": 101, "text": "Привет" })).await;
}

#[tokio::test]
async fn nothing_told_is_lost_and_no_number_comes_twice_however_often_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut messages, mut updates) = (BTreeSet::new(), BTreeSet::new());
    for round in 0..4 {
        let mut program = Program::start(folder.path()).await;
        let kept: BTreeSet<i64> = program.update_ids().await.into_iter().collect();
        assert!(updates.is_subset(&kept), "updates that nobody confirmed are kept");
        for n in 0..5 {
            assert!(messages.insert(program.say(&format!("{round}.{n}")).await), "a message's number came twice");
            let sent = program.bot.say(chronogram_telegram_standin::ChatId(101), "echo").await;
            assert!(messages.insert(sent.0), "a message's number came twice");
        }
        let now = program.update_ids().await;
        let (new, old): (Vec<i64>, Vec<i64>) = now.into_iter().partition(|id| !updates.contains(id));
        assert_eq!((new.len(), old.len()), (5, updates.len()));
        assert!(new.iter().all(|id| updates.last().is_none_or(|last| id > last)));
        updates.extend(new);
        program.child.start_kill().unwrap();
        program.child.wait().await.unwrap();
    }
    // What a kill in the middle of a write leaves.
    let steps = folder.path().join("steps.jsonl");
    let mut torn = std::fs::read(&steps).unwrap();
    torn.extend(b"[{\"message\":{\"id\":9");
    std::fs::write(&steps, torn).unwrap();
    let program = Program::start(folder.path()).await;
    assert_eq!(program.update_ids().await.into_iter().collect::<BTreeSet<_>>(), updates);
    assert!(program.say("after").await > *messages.last().unwrap());
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_crowd_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = BTreeSet::new();
    for _ in 0..3 {
        let mut program = Program::start(folder.path()).await;
        let crowd: Vec<_> = (0..60)
            .map(|n| {
                let (client, url) = (program.bot.client.clone(), format!("{}/standin/chats/101/messages", program.url));
                tokio::spawn(async move {
                    let body = json!({ "from": 101, "text": n.to_string() });
                    let answer = client.post(url).json(&body).send().await.ok()?;
                    answer.json::<Value>().await.ok()?["message_id"].as_i64()
                })
            })
            .collect();
        let mut new = Vec::new();
        for (index, told) in crowd.into_iter().enumerate() {
            new.extend(told.await.unwrap());
            if index == 10 {
                program.child.start_kill().unwrap();
            }
        }
        assert!(new.len() > 10);
        for id in new {
            assert!(told.insert(id), "{id} came twice");
        }
        program.child.wait().await.unwrap();
    }
    let program = Program::start(folder.path()).await;
    let transcript = program.order(reqwest::Method::GET, "chats/101/transcript", json!({})).await;
    let kept: BTreeSet<i64> = transcript.as_array().unwrap().iter().map(|it| it["id"].as_i64().unwrap()).collect();
    assert!(told.is_subset(&kept));
}

#[tokio::test]
async fn what_was_confirmed_does_not_come_back_and_settings_stay() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(folder.path()).await;
    program.say("one").await;
    program.say("two").await;
    let ids = program.update_ids().await;
    program.bot.call("getUpdates", json!({ "offset": ids[1], "allowed_updates": ["message"] })).await;
    let commands = json!([{ "command": "start", "description": "Begin" }]);
    program.bot.call("setMyCommands", json!({ "commands": commands })).await;
    program.child.start_kill().unwrap();
    program.child.wait().await.unwrap();
    let program = Program::start(folder.path()).await;
    assert_eq!(program.update_ids().await, [ids[1]]);
    assert_eq!(program.bot.call("getMyCommands", json!({})).await, commands);
}

#[tokio::test]
async fn a_damaged_journal_stops_it_loudly() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("steps.jsonl"), "nonsense\n").unwrap();
    let program = Command::new(env!("CARGO_BIN_EXE_telegram-standin")).arg("--state").arg(folder.path()).output();
    let output = program.await.unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("line 1") && said.contains("damaged"), "{said}");
}

#[tokio::test]
async fn two_cannot_have_one_state() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Program::start(folder.path()).await;
    let second = Command::new(env!("CARGO_BIN_EXE_telegram-standin")).arg("--state").arg(folder.path()).output();
    assert!(!second.await.unwrap().status.success());
}

#[tokio::test]
async fn it_ends_when_its_stdin_closes() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(folder.path()).await;
    drop(program.child.stdin.take());
    let status = tokio::time::timeout(PATIENCE, program.child.wait()).await.unwrap().unwrap();
    assert!(status.success());
}
