//! The master key: what opens the keys of people. It comes from the operator, or is made at the first start and kept in
//! the data folder, readable by its owner only. It is in no database and in no backup of one.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context as _, bail};
use chronogram_event_store::{KEY_BYTES, MasterKey, has_keys};
use sqlx::PgPool;

use crate::{clock::random_bytes, settings::Settings};

/// Its name in the data folder.
const FILE: &str = "master.key";

/// 64 hexadecimal digits.
pub(crate) fn parse_key(text: &str) -> Option<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    hex::decode_to_slice(text.trim(), &mut key).ok()?;
    Some(key)
}

/// The key of this house; made where there is none yet and nothing is sealed with another.
pub(crate) async fn open(settings: &Settings, pool: &PgPool) -> anyhow::Result<MasterKey> {
    let key = match settings.key {
        Some(key) => key,
        None => from_folder(&settings.data, pool).await?,
    };
    MasterKey::new(&key).context("use the master key")
}

async fn from_folder(data: &Path, pool: &PgPool) -> anyhow::Result<[u8; KEY_BYTES]> {
    if let Some(key) = read(data)? {
        return Ok(key);
    }
    if has_keys(pool).await.context("look whether words of people are sealed already")? {
        bail!(
            "people's words in this database are sealed, and the key to them is not here: set CHRONOGRAM_KEY (or \
             CHRONOGRAM_KEY_FILE) to the one it was started with first, or put {FILE} of that data folder into {}",
            data.display()
        );
    }
    make(data).with_context(|| format!("make a master key in {}", data.display()))?;
    // Another process may have been faster: what lies there now is the key.
    read(data)?.context("the master key that was just made is gone")
}

fn read(data: &Path) -> anyhow::Result<Option<[u8; KEY_BYTES]>> {
    let file = data.join(FILE);
    match fs::read_to_string(&file) {
        Ok(text) => match parse_key(&text) {
            Some(key) => Ok(Some(key)),
            None => bail!("{} is no master key: it must hold 64 hexadecimal digits", file.display()),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("read {}", file.display())),
    }
}

/// Written whole beside its place and then linked there, so that no crash leaves half a key, and no second process
/// replaces the first one's.
fn make(data: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(data)?;
    let unfinished = data.join(format!("{FILE}.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    writeln!(file, "{}", hex::encode(random_bytes::<KEY_BYTES>()?))?;
    file.sync_all()?;
    let linked = fs::hard_link(&unfinished, data.join(FILE));
    fs::remove_file(&unfinished)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    File::open(data)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_its_owner_alone_can_read_it() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(read(data.path()).unwrap(), None);
        make(data.path()).unwrap();
        let key = read(data.path()).unwrap().unwrap();
        make(data.path()).unwrap();
        assert_eq!(read(data.path()).unwrap(), Some(key), "the first one stays");
        let files: Vec<_> = fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap()).collect();
        assert_eq!(files.len(), 1);
        assert_eq!(files.first().unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_damaged_key_is_named_and_not_shown() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join(FILE), "secret").unwrap();
        let refused = read(data.path()).unwrap_err().to_string();
        assert!(refused.contains("64 hexadecimal digits") && !refused.contains("secret"), "{refused}");
    }
}
