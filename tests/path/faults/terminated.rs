//! SIGTERM under load: every request that was sent is answered, the last answer on a connection says that it is the last,
//! and the process ends with 0.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chronogram_tests::{Cluster, Home, Up};
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    task::JoinSet,
};

use super::until;
use crate::whole::assert_whole;

const ROUNDS: usize = 20;
const CLIENTS: usize = 4;
/// Answers of a round before the signal comes.
const ANSWERS_BEFORE: usize = 40;
const PATIENCE: Duration = Duration::from_mins(1);

/// Sends message after message over one connection, until an answer says that it is the last. Positions of those that are
/// acknowledged.
async fn send_until_told_to_stop(
    address: String,
    token: String,
    client: String,
    answered: Arc<AtomicUsize>,
) -> Vec<i64> {
    let mut connection = BufReader::new(TcpStream::connect(&address).await.unwrap());
    let mut positions = Vec::new();
    loop {
        let body = json!({ "client": { "id": client }, "text": format!("message {}", positions.len()) }).to_string();
        let key = format!("{client}-{}", positions.len());
        let request = format!(
            "POST /api/messages HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\nidempotency-key: {key}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        connection.write_all(request.as_bytes()).await.expect("a request can be sent until the last answer");
        let (head, body) = answer(&mut connection).await.expect("a request that was sent is answered");
        assert!(head.starts_with("http/1.1 201"), "{head}{body}");
        positions.push(body["position"].as_i64().unwrap());
        answered.fetch_add(1, Ordering::SeqCst);
        if head.contains("connection: close") {
            return positions;
        }
    }
}

async fn answer(connection: &mut BufReader<TcpStream>) -> anyhow::Result<(String, Value)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        anyhow::ensure!(connection.read_line(&mut head).await? > 0, "the connection ended after {head:?}");
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0").trim();
    let mut body = vec![0; length.parse()?];
    connection.read_exact(&mut body).await?;
    Ok((head, serde_json::from_slice(&body)?))
}

async fn stopped_under_load(up: Up, token: &str, round: usize) -> Vec<i64> {
    let address = up.api().unwrap().trim_start_matches("http://").to_owned();
    let answered = Arc::<AtomicUsize>::default();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let client = format!("round-{round}.{client}");
        clients.spawn(send_until_told_to_stop(address.clone(), token.to_owned(), client, answered.clone()));
    }
    until("requests are answered", PATIENCE, async || answered.load(Ordering::SeqCst) >= ANSWERS_BEFORE).await;
    // Ends with 0, or this fails.
    tokio::task::spawn_blocking(move || up.stop_by("TERM")).await.unwrap().unwrap();
    clients.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_is_answered_each_acknowledged_one_is_in_the_log_and_the_exit_code_is_0() {
    let postgres = Cluster::create().await.unwrap();
    let home = Home::on(&postgres.url()).unwrap();
    let mut token = None;
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let up = home.up().unwrap();
        let token = token.get_or_insert_with(|| up.printed("Token").unwrap().to_owned());
        acknowledged.extend(stopped_under_load(up, token, round).await);
    }
    acknowledged.sort_unstable();
    let recorded: Vec<i64> =
        sqlx::query_scalar("select position from es.event where type = 'MessageReceived' order by position")
            .fetch_all(&mut postgres.options().connect().await.unwrap())
            .await
            .unwrap();
    assert_eq!(recorded, acknowledged);
    assert_whole(&home).await;
}
