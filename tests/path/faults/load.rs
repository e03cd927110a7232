//! Somebody who keeps sending messages over HTTP, each under a key of its own until it is acknowledged.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chronogram_tests::http_client;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::until;

/// How long an answer is waited for before the same message is sent again.
const ANSWER_PATIENCE: Duration = Duration::from_secs(10);
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// Where the house answers; another port after each start.
pub(super) type Address = watch::Receiver<String>;

/// An address that stays.
pub(super) fn fixed(api: &str) -> Address {
    watch::Sender::new(api.to_owned()).subscribe()
}

pub(super) struct Writer {
    client: String,
    acknowledged: Arc<AtomicUsize>,
    stop: CancellationToken,
    task: JoinHandle<Vec<i64>>,
}

impl Writer {
    pub(super) fn start(client: &str, address: Address, token: &str) -> Self {
        let (acknowledged, stop) = (Arc::<AtomicUsize>::default(), CancellationToken::new());
        let sending = Sending {
            client: client.to_owned(),
            address,
            token: token.to_owned(),
            acknowledged: acknowledged.clone(),
            stop: stop.clone(),
        };
        Self { client: client.to_owned(), acknowledged, stop, task: tokio::spawn(sending.run()) }
    }

    /// Waits until so many more are acknowledged than now; gives how long it took.
    pub(super) async fn more(&self, wanted: usize, patience: Duration) -> Duration {
        let wanted = self.acknowledged.load(Ordering::SeqCst) + wanted;
        until("the next messages are acknowledged", patience, async || {
            assert!(!self.task.is_finished(), "the writer {} broke off", self.client);
            self.acknowledged.load(Ordering::SeqCst) >= wanted
        })
        .await
    }

    /// Sends its last one; then each of its messages stands in the log once, and where the answer said.
    pub(super) async fn finish(self, options: &PgConnectOptions) -> usize {
        self.stop.cancel();
        let mut acknowledged = self.task.await.expect("the writer goes on until it is stopped");
        acknowledged.sort_unstable();
        let mut connection = options.connect().await.unwrap();
        let recorded: Vec<i64> = sqlx::query_scalar(
            "select position from es.event where type = 'MessageReceived' and stream = $1 order by position",
        )
        .bind(format!("conversation-api.{}", self.client))
        .fetch_all(&mut connection)
        .await
        .unwrap();
        connection.close().await.unwrap();
        assert_eq!(recorded, acknowledged, "what {} was told is not what the log holds", self.client);
        acknowledged.len()
    }
}

struct Sending {
    client: String,
    address: Address,
    token: String,
    acknowledged: Arc<AtomicUsize>,
    stop: CancellationToken,
}

impl Sending {
    async fn run(self) -> Vec<i64> {
        let mut positions = Vec::new();
        while !self.stop.is_cancelled() {
            positions.push(self.send(positions.len()).await);
            self.acknowledged.store(positions.len(), Ordering::SeqCst);
        }
        positions
    }

    /// Until it is acknowledged; its position.
    async fn send(&self, number: usize) -> i64 {
        let client = http_client();
        let body = json!({ "client": { "id": self.client }, "text": format!("message {number} of {}", self.client) });
        loop {
            let url = format!("{}/api/messages", *self.address.borrow());
            let request = client.post(url).bearer_auth(&self.token).timeout(ANSWER_PATIENCE);
            let request = request.header("Idempotency-Key", format!("{}-{number}", self.client));
            // No answer: nobody knows whether it was recorded.
            if let Ok(response) = request.json(&body).send().await
                && let Some(position) = acknowledged(response).await
            {
                return position;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// The position, where the message is acknowledged; anything but a clear "not now" is a fault.
async fn acknowledged(response: Response) -> Option<i64> {
    let status = response.status();
    let body = response.json::<Value>().await.ok()?;
    match status {
        StatusCode::CREATED => Some(body["position"].as_i64().expect("an acknowledged message has a position")),
        // 409: the try before is still at work.
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT | StatusCode::CONFLICT => {
            assert_eq!(body["retryable"], true, "{status} {body}");
            None
        }
        other => panic!("{other} {body}"),
    }
}
