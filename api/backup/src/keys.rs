//! Keys of people come back, but never one that was destroyed.
//!
//! What the living database knows of a key counts more than what a file says: a key that is destroyed there stays so. And
//! what a log says of erasures counts for every key: who is erased in it gets none back that was made before.

use jiff_sqlx::{Timestamp, ToSqlx as _};
use sqlx::{Connection as _, PgConnection};

use crate::{
    carry::{carry, has_table},
    error::{BackupError, while_},
    file::Opened,
    load,
    manifest::Manifest,
    tables::quoted,
};

const OPERATION: &str = "bring the keys of people back";

/// Gone with the connection. Nobody else sees them, and no backup holds them.
const STAGE: &str = "
create temporary table staged_key (like person.key including all);
create temporary table staged_secret (like person.secret including all)";

/// What the database knows already stays as it is: a destroyed key is not replaced.
const MERGE: &str = "
insert into person.secret (name, wrapped) select name, wrapped from staged_secret
on conflict (name) do update set wrapped = excluded.wrapped;
insert into person.key (id, person, wrapped, made_at, erased_at)
select id, person, wrapped, made_at, erased_at from staged_key on conflict do nothing";

/// Somebody's words would stay unreadable: they have another key by now.
const LEFT_OUT: &str = "
select count(*) from staged_key s where wrapped is not null and not exists (select from person.key k where k.id = s.id)";

/// By the index of types. A key that was made while its person was being erased goes too.
const DESTROY_BY_LOG: &str = "
update person.key k set wrapped = null, erased_at = e.recorded_at
from (select data ->> 'person' as person, max(recorded_at) as recorded_at from es.event where type = 'PersonErased'
      group by 1) e
where k.person = e.person and k.made_at <= e.recorded_at and k.wrapped is not null";

/// What the living log says, where it is another one.
const DESTROY_BY_LIST: &str = "
update person.key k set wrapped = null, erased_at = e.recorded_at
from unnest($1::text[], $2::timestamptz[]) as e (person, recorded_at)
where k.person = e.person and k.made_at <= e.recorded_at and k.wrapped is not null";

const ERASED: &str = "
select data ->> 'person', max(recorded_at) from es.event where type = 'PersonErased' group by 1";

/// Processes that keep keys in memory look here.
const COUNT: &str = "
insert into person.erasures (id, number) values (1, 1)
on conflict (id) do update set number = person.erasures.number + 1";

/// What became of the keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysRestored {
    /// Keys that can open words now.
    pub living: u64,
    /// Keys that are known to be destroyed.
    pub destroyed: u64,
    /// Whether what waited to go out came back too: only where archive and keys are of one moment.
    pub deliveries: bool,
    /// People who were erased after the file of keys was made: what waits for them is to be blanked.
    pub forget: Vec<String>,
    /// The living database was another house's: its keys open nothing here.
    pub other_house: bool,
    /// There are sealed words, and no key at all: nobody can read them until keys come.
    pub unreadable: bool,
}

/// Brings keys into the database at `into`, filled from an archive: those of `living` (where it is), and those of `file`.
pub(crate) async fn bring(
    into: &mut PgConnection,
    mut living: Option<&mut PgConnection>,
    file: Option<(&Opened, &Manifest)>,
) -> Result<KeysRestored, BackupError> {
    let mut restored = KeysRestored::default();
    sqlx::raw_sql(STAGE).execute(&mut *into).await.map_err(while_(OPERATION))?;
    if let Some((file, archive)) = file {
        restored.deliveries = file.manifest().is_of_the_moment_of(archive);
        stage(file, into, restored.deliveries).await?;
    }
    if let Some(living) = &mut living
        && has_table(living, "person.key").await?
    {
        restored.other_house = !is_same_house(into, living).await?;
        if !restored.other_house {
            carry(living, into, "person.key").await?;
            carry(living, into, "person.secret").await?;
            carry(living, into, "person.erasures").await?;
            let erased: Vec<(String, Timestamp)> =
                sqlx::query_as(ERASED).fetch_all(&mut **living).await.map_err(while_(OPERATION))?;
            merge(into).await?;
            destroy(into, &erased).await?;
            return counted(into, file, restored).await;
        }
    }
    merge(into).await?;
    destroy(into, &[]).await?;
    counted(into, file, restored).await
}

/// Brings the keys of `file` into the living database, in one transaction: for who restored a log without them.
pub async fn bring_into_living(file: &Opened, living: &mut PgConnection) -> Result<KeysRestored, BackupError> {
    file.check(&|_, _| {}).await?;
    let mut transaction = living.begin().await.map_err(while_(OPERATION))?;
    sqlx::raw_sql(STAGE).execute(&mut *transaction).await.map_err(while_(OPERATION))?;
    stage(file, &mut transaction, false).await?;
    merge(&mut transaction).await?;
    destroy(&mut transaction, &[]).await?;
    let restored = counted(&mut transaction, None, KeysRestored::default()).await?;
    transaction.commit().await.map_err(while_(OPERATION))?;
    Ok(restored)
}

async fn stage(file: &Opened, into: &mut PgConnection, deliveries: bool) -> Result<(), BackupError> {
    let place = move |table: &'static str| match table {
        "person.key" => Some("pg_temp.staged_key".to_owned()),
        "person.secret" => Some("pg_temp.staged_secret".to_owned()),
        "person.erasures" => None,
        _ => deliveries.then(|| quoted(table)),
    };
    load::fill(file, into, &place, &|_, _| {}).await
}

/// Two houses have two secrets. One that has no keys yet is nobody's.
async fn is_same_house(into: &mut PgConnection, living: &mut PgConnection) -> Result<bool, BackupError> {
    const STAGED: &str = "select wrapped from staged_secret order by name limit 1";
    const LIVING: &str =
        "select wrapped from person.secret where exists (select from person.key) order by name limit 1";
    let staged: Option<Vec<u8>> = sqlx::query_scalar(STAGED).fetch_optional(into).await.map_err(while_(OPERATION))?;
    let living: Option<Vec<u8>> = sqlx::query_scalar(LIVING).fetch_optional(living).await.map_err(while_(OPERATION))?;
    Ok(staged.is_none() || living.is_none() || staged == living)
}

async fn merge(into: &mut PgConnection) -> Result<(), BackupError> {
    sqlx::raw_sql(MERGE).execute(&mut *into).await.map_err(while_(OPERATION))?;
    let left_out: i64 = sqlx::query_scalar(LEFT_OUT).fetch_one(into).await.map_err(while_(OPERATION))?;
    if left_out == 0 {
        return Ok(());
    }
    Err(BackupError::Invalid(format!(
        "{left_out} people have another key by now, because something was written after the log was restored without its \
         keys: restore the archive again, with --keys"
    )))
}

async fn destroy(into: &mut PgConnection, erased: &[(String, Timestamp)]) -> Result<(), BackupError> {
    sqlx::query(DESTROY_BY_LOG).execute(&mut *into).await.map_err(while_(OPERATION))?;
    sqlx::query(DESTROY_BY_LIST)
        .bind(erased.iter().map(|(person, _)| person.as_str()).collect::<Vec<_>>())
        .bind(erased.iter().map(|(_, at)| *at).collect::<Vec<_>>())
        .execute(&mut *into)
        .await
        .map_err(while_(OPERATION))?;
    sqlx::raw_sql(COUNT).execute(into).await.map_err(while_(OPERATION))?;
    Ok(())
}

async fn counted(
    into: &mut PgConnection,
    file: Option<(&Opened, &Manifest)>,
    restored: KeysRestored,
) -> Result<KeysRestored, BackupError> {
    const KEYS: &str = "select count(wrapped), count(*) - count(wrapped) from person.key";
    const SEALED: &str = "select exists (select from es.event where data::text like '%\"sealed\":\"%')";
    const FORGET: &str = "select distinct person from person.key where erased_at > $1 order by 1";
    let (living, destroyed): (i64, i64) =
        sqlx::query_as(KEYS).fetch_one(&mut *into).await.map_err(while_(OPERATION))?;
    let unreadable =
        living + destroyed == 0 && sqlx::query_scalar(SEALED).fetch_one(&mut *into).await.map_err(while_(OPERATION))?;
    let forget = match file.filter(|_| restored.deliveries) {
        Some((file, _)) => {
            let made_at = file.manifest().created_at.to_sqlx();
            sqlx::query_scalar(FORGET).bind(made_at).fetch_all(into).await.map_err(while_(OPERATION))?
        }
        None => Vec::new(),
    };
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    Ok(KeysRestored { living: count(living), destroyed: count(destroyed), forget, unreadable, ..restored })
}
