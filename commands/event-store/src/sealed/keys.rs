//! The keys of people: made when first needed, kept in memory for a while, destroyed when their person is erased.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use aws_lc_rs::rand;
use chronogram_log::{KeysError, PersonalKeys, StoreError};
use chronogram_model::PersonId;
use lru::LruCache;
use sqlx::{PgPool, types::Uuid};
use tokio::time::Instant;

use super::cipher::{KEY_BYTES, MasterKey, PersonKey, Veil};
use crate::failure::unavailable;

/// Keys that stay in memory: everybody who writes within an hour, some megabytes.
const KEYS_MAX: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// How long nobody looks whether a key in memory was destroyed by another process. One small question a second is
/// nothing; who erases waits longer than this before it says so.
const TRUST: Duration = Duration::from_secs(1);

/// The secret under which digests are veiled; its name also checks the master key.
const DIGESTS: &str = "digests";

/// The secret is the same for all processes from the first start on.
const SECRET: &str = "
with made as (
    insert into person.secret (name, wrapped) values ($1, $2) on conflict (name) do nothing returning wrapped
)
select wrapped from made union all select wrapped from person.secret where name = $1";

const ERASURES: &str = "select number from person.erasures where id = 1";

/// By the unique index of living keys: of two processes that make one, one does.
const MAKE: &str = "
insert into person.key (id, person, wrapped) select * from unnest($1::uuid[], $2::text[], $3::bytea[])
on conflict (person) where wrapped is not null do nothing";

/// By the same index.
const OF_PEOPLE: &str = "select id, person, wrapped from person.key where person = any($1) and wrapped is not null";

/// By the primary key.
const BY_ID: &str = "select id, person, wrapped from person.key where id = any($1)";

const DESTROY: &str = "
with moved as (update person.erasures set number = number + 1 where id = 1)
update person.key set wrapped = null, erased_at = clock_timestamp() where person = any($1) and wrapped is not null";

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The words of this database were sealed under another master key.
    #[error("the master key is not the one that this database's words are sealed with")]
    WrongMaster,
    /// The database failed.
    #[error("the keys of people cannot be read")]
    Database(#[from] sqlx::Error),
    /// The system gives no random bytes, or the cipher refuses.
    #[error("a key cannot be made")]
    Cipher,
}

/// A key that was asked for by its id.
#[derive(Clone)]
pub(super) enum Known {
    Living(Arc<PersonKey>),
    /// Its person is erased.
    Destroyed,
}

/// The keys of all people, as one process knows them.
pub struct KeyRing {
    pool: PgPool,
    master: MasterKey,
    veil: Veil,
    memory: Mutex<Memory>,
}

struct Memory {
    keys: LruCache<Uuid, Known>,
    living: LruCache<PersonId, Arc<PersonKey>>,
    /// The number of erasures that this memory knows, and when that was last looked up.
    erasures: i64,
    looked_at: Option<Instant>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyRing(…)")
    }
}

/// Whether words of this database are sealed already, so that only one master key is the right one.
pub async fn has_keys(pool: &PgPool) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("select exists (select from person.secret)").fetch_one(pool).await
}

impl KeyRing {
    /// Opens the keys of a migrated database; the first time, `master` becomes its master key.
    pub async fn open(pool: PgPool, master: MasterKey) -> Result<Self, KeyError> {
        let new = master.wrap_secret(DIGESTS, &random_key()?).map_err(|_| KeyError::Cipher)?;
        // Two first starts at once: who loses the insert does not see the winner's row in the same statement.
        let wrapped: Vec<u8> = loop {
            if let Some(wrapped) = sqlx::query_scalar(SECRET).bind(DIGESTS).bind(&new).fetch_optional(&pool).await? {
                break wrapped;
            }
        };
        let veil = master.open_veil(DIGESTS, &wrapped).map_err(|_| KeyError::WrongMaster)?;
        let memory =
            Memory { keys: LruCache::new(KEYS_MAX), living: LruCache::new(KEYS_MAX), erasures: 0, looked_at: None };
        Ok(Self { pool, master, veil, memory: Mutex::new(memory) })
    }

    pub(super) fn veil(&self) -> &Veil {
        &self.veil
    }

    /// The key of each of `people`, made where there is none: one question for all that are not in memory.
    pub(super) async fn of_people(
        &self,
        people: HashSet<PersonId>,
    ) -> Result<HashMap<PersonId, Arc<PersonKey>>, StoreError> {
        let erasures = self.look_for_erasures().await?;
        let (mut found, mut missing) = (HashMap::new(), Vec::new());
        {
            let mut memory = self.memory();
            for person in people {
                match memory.living.get(&person) {
                    Some(key) => {
                        found.insert(person, key.clone());
                    }
                    None => missing.push(person),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let mut read = self.read_of_people(&missing).await?;
        missing.retain(|person| !read.contains_key(person));
        if !missing.is_empty() {
            self.make(&missing).await?;
            read.extend(self.read_of_people(&missing).await?);
        }
        let mut memory = self.memory();
        if memory.erasures == erasures {
            for (person, key) in &read {
                memory.keep(person.clone(), key.clone());
            }
        }
        drop(memory);
        found.extend(read);
        Ok(found)
    }

    /// The keys with these ids; one that is absent from the answer was never here.
    pub(super) async fn by_id(&self, ids: HashSet<Uuid>) -> Result<HashMap<Uuid, Known>, StoreError> {
        let erasures = self.look_for_erasures().await?;
        let (mut found, mut missing) = (HashMap::new(), Vec::new());
        {
            let mut memory = self.memory();
            for id in ids {
                match memory.keys.get(&id) {
                    Some(known) => {
                        found.insert(id, known.clone());
                    }
                    None => missing.push(id),
                }
            }
        }
        if missing.is_empty() {
            return Ok(found);
        }
        let rows: Vec<(Uuid, String, Option<Vec<u8>>)> =
            sqlx::query_as(BY_ID).bind(missing).fetch_all(&self.pool).await.map_err(unavailable(OPERATION))?;
        let mut memory = self.memory();
        for (id, person, wrapped) in rows {
            let Some(wrapped) = wrapped else {
                if memory.erasures == erasures {
                    memory.keys.put(id, Known::Destroyed);
                }
                found.insert(id, Known::Destroyed);
                continue;
            };
            let key = Arc::new(self.unwrap(id, &person, &wrapped)?);
            // Whose words were read has words sealed next.
            if let (Ok(person), true) = (person.parse(), memory.erasures == erasures) {
                memory.keep(person, key.clone());
            }
            found.insert(id, Known::Living(key));
        }
        Ok(found)
    }

    async fn read_of_people(&self, people: &[PersonId]) -> Result<HashMap<PersonId, Arc<PersonKey>>, StoreError> {
        let names: Vec<String> = people.iter().map(ToString::to_string).collect();
        let rows: Vec<(Uuid, String, Vec<u8>)> =
            sqlx::query_as(OF_PEOPLE).bind(names).fetch_all(&self.pool).await.map_err(unavailable(OPERATION))?;
        let mut keys = HashMap::with_capacity(rows.len());
        for (id, name, wrapped) in rows {
            let Ok(person) = name.parse::<PersonId>() else { continue };
            keys.insert(person, Arc::new(self.unwrap(id, &name, &wrapped)?));
        }
        Ok(keys)
    }

    async fn make(&self, people: &[PersonId]) -> Result<(), StoreError> {
        let (mut ids, mut names, mut wrapped) = (Vec::new(), Vec::new(), Vec::new());
        for person in people {
            let name = person.to_string();
            let id = random_id().map_err(unusable)?;
            let key = random_key().map_err(unusable)?;
            wrapped.push(self.master.wrap_key(id, &name, &key).map_err(|_| unusable(KeyError::Cipher))?);
            ids.push(id);
            names.push(name);
        }
        let query = sqlx::query(MAKE).bind(ids).bind(names).bind(wrapped);
        query.execute(&self.pool).await.map_err(unavailable("make keys of people"))?;
        Ok(())
    }

    fn unwrap(&self, id: Uuid, person: &str, wrapped: &[u8]) -> Result<PersonKey, StoreError> {
        self.master.open_key(id, person, wrapped).map_err(|_| unusable(KeyError::WrongMaster))
    }

    /// Forgets what is in memory when somebody was erased, by whatever process. Gives how many erasures are known: a
    /// key that was read while this number stood may be kept, another may be destroyed already.
    async fn look_for_erasures(&self) -> Result<i64, StoreError> {
        {
            let memory = self.memory();
            if memory.looked_at.is_some_and(|at| at.elapsed() < TRUST) {
                return Ok(memory.erasures);
            }
        }
        // Taken before the question: what is destroyed meanwhile is noticed by the next one.
        let asked_at = Instant::now();
        let erasures: i64 = sqlx::query_scalar(ERASURES).fetch_one(&self.pool).await.map_err(unavailable(OPERATION))?;
        let mut memory = self.memory();
        if memory.erasures != erasures {
            memory.forget();
            memory.erasures = erasures;
        }
        memory.looked_at = Some(asked_at);
        Ok(erasures)
    }

    /// A panic elsewhere leaves a memory that is only a memory.
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl PersonalKeys for KeyRing {
    async fn readable(&self, people: &[PersonId]) -> Result<u64, KeysError> {
        const SQL: &str = "select count(*) from person.key where person = any($1) and wrapped is not null";
        let names: Vec<String> = people.iter().map(ToString::to_string).collect();
        let count: i64 = sqlx::query_scalar(SQL).bind(names).fetch_one(&self.pool).await?;
        Ok(u64::try_from(count)?)
    }

    async fn destroy(&self, people: &[PersonId]) -> Result<u64, KeysError> {
        let names: Vec<String> = people.iter().map(ToString::to_string).collect();
        let destroyed = sqlx::query(DESTROY).bind(names).execute(&self.pool).await?.rows_affected();
        self.memory().forget();
        tokio::time::sleep(TRUST * 2).await;
        // The rows as they were go from the table's pages with a vacuum: now rather than some time. The key is destroyed
        // without it, so who may not vacuum is no failure.
        if let Err(error) = sqlx::raw_sql("vacuum person.key").execute(&self.pool).await {
            tracing::warn!(error = %error, "the table of keys was not vacuumed after keys were destroyed");
        }
        Ok(destroyed)
    }
}

impl Memory {
    /// A person has one key that lives.
    fn keep(&mut self, person: PersonId, key: Arc<PersonKey>) {
        self.keys.put(key.id, Known::Living(key.clone()));
        self.living.put(person, key);
    }

    fn forget(&mut self) {
        self.keys.clear();
        self.living.clear();
    }
}

const OPERATION: &str = "read keys of people";

fn unusable(error: KeyError) -> StoreError {
    StoreError::Unavailable { operation: OPERATION, source: Arc::new(error) }
}

/// Keys come from the cipher library's own generator: nobody passes them in, and no test may decide them.
fn random_key() -> Result<[u8; KEY_BYTES], KeyError> {
    let mut key = [0; KEY_BYTES];
    rand::fill(&mut key).map_err(|_| KeyError::Cipher)?;
    Ok(key)
}

fn random_id() -> Result<Uuid, KeyError> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).map_err(|_| KeyError::Cipher)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid())
}
