//! A strict stand-in for an object store that speaks as S3 does, on a real socket.
//!
//! It recomputes each signature (Version 4, in the URL) by itself, wants every part's MD5 and the rules of parts kept, and
//! answers refusals in S3's XML. Nothing of it comes from the crates that the product signs with.

mod server;
mod signature;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::{CancellationToken, DropGuard};

/// The key of the tests, of no use anywhere else.
pub const KEY_ID: &str = "standinkeyid";
/// Its secret.
pub const SECRET: &str = "standin/secret+key";
/// Where it is.
pub const REGION: &str = "eu-standin-1";
/// The one bucket there is.
pub const BUCKET: &str = "backups";

/// The store. It ends when it is dropped.
pub struct ObjectStore {
    url: String,
    state: Arc<Mutex<State>>,
    _stop: DropGuard,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Vec<u8>>,
    uploads: BTreeMap<String, Upload>,
    started: u64,
    /// What becomes of the next requests: none, as it should be.
    refusals: VecDeque<Option<(u16, &'static str)>>,
    requests: Vec<String>,
}

struct Upload {
    key: String,
    parts: BTreeMap<u32, Vec<u8>>,
}

impl ObjectStore {
    /// Starts one on a free port.
    pub async fn start() -> anyhow::Result<Self> {
        let state = Arc::new(Mutex::new(State::default()));
        let stop = CancellationToken::new();
        let url = server::start(state.clone(), stop.clone()).await?;
        Ok(Self { url, state, _stop: stop.drop_guard() })
    }

    /// What an endpoint is set to.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a process is told of it.
    pub fn settings(&self) -> [(&'static str, &str); 4] {
        [
            ("BACKUP_S3_ENDPOINT", &self.url),
            ("AWS_ACCESS_KEY_ID", KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET),
            ("AWS_REGION", REGION),
        ]
    }

    /// The keys and what lies under them.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.state().objects.clone()
    }

    /// Puts something under a key.
    pub fn put(&self, key: &str, bytes: Vec<u8>) {
        self.state().objects.insert(key.to_owned(), bytes);
    }

    /// Uploads that are neither complete nor given up.
    pub fn open_uploads(&self) -> usize {
        self.state().uploads.len()
    }

    /// The next requests are refused so, one after the other.
    pub fn refuse_next(&self, refusals: &[(u16, &'static str)]) {
        self.refuse_after(0, refusals);
    }

    /// The same, after so many requests that are answered.
    pub fn refuse_after(&self, answered: usize, refusals: &[(u16, &'static str)]) {
        let refusals = refusals.iter().copied().map(Some);
        self.state().refusals.extend(std::iter::repeat_n(None, answered).chain(refusals));
    }

    /// Method and path of every request that came, the query's secrets aside.
    pub fn requests(&self) -> Vec<String> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
