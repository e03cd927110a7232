//! Where things lie: what belongs to the data folder, and where the cluster went if the server's user cannot
//! reach that folder.
//!
//! `<data>/postgres` is the *home*: `cluster/` and `socket/` belong to the server's user, the rest (who may
//! connect) to us, so that root never writes into a folder another user controls. Run as root over a folder only
//! root can enter, the home lies in `/var/lib/chronogram/<id>` and `<data>/postgres` links to it.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown, symlink,
};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::PrivatePostgresError;
use crate::account::Account;

const ELSEWHERE: &str = "/var/lib/chronogram";
/// A log larger than this is put aside (one is kept) before the server starts.
const LOG_LIMIT_BYTES: u64 = 10 * 1024 * 1024;
/// 48 bits tell the data folders of one machine apart, and keep socket paths short.
const ID_BYTES: usize = 6;

/// The home of one data folder's cluster.
#[derive(Debug)]
pub(crate) struct Place {
    link: PathBuf,
    /// Without links in it.
    pub(crate) home: PathBuf,
    log: PathBuf,
}

/// Makes the data folder if it is missing; its path without links. The umask decides who may look inside: the
/// cluster, its socket and its log are closed to others in any case.
pub(crate) fn data_folder(data: &Path) -> Result<PathBuf, PrivatePostgresError> {
    std::fs::create_dir_all(data).map_err(PrivatePostgresError::file("make the data folder", data))?;
    let real = data.canonicalize().map_err(PrivatePostgresError::file("find the data folder", data))?;
    // The path goes into settings and URLs, which are text.
    if real.to_str().is_none_or(|path| path.contains('\n')) {
        let source = std::io::Error::from(ErrorKind::InvalidFilename);
        return Err(PrivatePostgresError::file("use (its path is not plain UTF-8)", &real)(source));
    }
    Ok(real)
}

/// Where the cluster of a data folder is found, if there is one.
pub(crate) fn cluster_in(data: &Path) -> PathBuf {
    data.join("postgres").join("cluster")
}

impl Place {
    /// The home that is there, or a new and empty one that `account` can reach.
    pub(crate) async fn find_or_make(data: &Path, account: &Account) -> Result<Self, PrivatePostgresError> {
        let link = data.join("postgres");
        let log = data.join("postgres.log");
        let found = match std::fs::symlink_metadata(&link) {
            Ok(_) => Some(follow(&link)?),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(PrivatePostgresError::file("look at", &link)(error)),
        };
        if let Some(home) = found {
            let place = Self { link, home, log };
            if account.reaches(&place.home).await? {
                return Ok(place);
            }
            if place.cluster().exists() {
                return Err(PrivatePostgresError::Unreachable { user: account.name.clone(), path: place.home });
            }
            // We were stopped between making the home and finding out that it is unreachable.
            place.delete().await?;
            return Self::make(place.link, place.log, account).await;
        }
        Self::make(link, log, account).await
    }

    async fn make(link: PathBuf, log: PathBuf, account: &Account) -> Result<Self, PrivatePostgresError> {
        make_folder(&link, home_mode(account)).map_err(PrivatePostgresError::file("make", &link))?;
        if account.reaches(&link).await? {
            return Ok(Self { home: link.clone(), link, log });
        }
        std::fs::remove_dir(&link).map_err(PrivatePostgresError::file("remove", &link))?;
        if !account.switch {
            return Err(PrivatePostgresError::Unreachable { user: account.name.clone(), path: link });
        }
        let home = make_elsewhere(&link, account)?;
        symlink(&home, &link).map_err(PrivatePostgresError::file("make the link", &link))?;
        // For the administrator who wonders whose it is.
        let note = home.join("belongs-to");
        std::fs::write(&note, format!("{}\n", link.display())).map_err(PrivatePostgresError::file("write", &note))?;
        tracing::info!(cluster.home = %home.display(), link = %link.display(),
            "the database lies outside the data folder, which its user cannot enter");
        Ok(Self { link, home, log })
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.home.join("cluster")
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// The server's log, to be appended to.
    pub(crate) fn open_log(&self) -> Result<File, PrivatePostgresError> {
        let size_bytes = std::fs::metadata(&self.log).map_or(0, |metadata| metadata.len());
        if size_bytes > LOG_LIMIT_BYTES {
            std::fs::rename(&self.log, self.log.with_extension("log.old"))
                .map_err(PrivatePostgresError::file("put aside", &self.log))?;
        }
        open_beside(&self.log)
    }

    /// Writes a file of the home that the server reads: whole or not at all.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<(), PrivatePostgresError> {
        let path = self.home.join(name);
        let unfinished = path.with_extension("new");
        let written = match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => OpenOptions::new().write(true).create_new(true).open(&unfinished).and_then(|mut file| {
                file.write_all(content.as_bytes())?;
                // Whatever the umask says: the server's user must read it, and it holds no secret.
                file.set_permissions(Permissions::from_mode(0o644))?;
                std::fs::rename(&unfinished, &path)
            }),
        };
        written.map_err(PrivatePostgresError::file("write", &path))
    }

    /// Deletes the cluster, its home, the link to it and the log. The lock files stay: somebody may be waiting
    /// for them.
    pub(crate) async fn delete(&self) -> Result<(), PrivatePostgresError> {
        remove_tree(&self.home).await?;
        for file in [&self.link, &self.log, &self.log.with_extension("log.old")] {
            match std::fs::remove_file(file) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(PrivatePostgresError::file("remove", file)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Where the link leads; a plain folder leads to itself.
fn follow(link: &Path) -> Result<PathBuf, PrivatePostgresError> {
    link.canonicalize().map_err(|error| match (error.kind(), std::fs::read_link(link)) {
        (ErrorKind::NotFound, Ok(target)) => PrivatePostgresError::ClusterGone { link: link.to_owned(), target },
        _ => PrivatePostgresError::file("follow", link)(error),
    })
}

/// An empty home for what `link` will lead to. The id comes from the link's path; a number is added because an
/// older cluster may lie there whose data folder was deleted, and it must not come back to life under a new one.
fn make_elsewhere(link: &Path, account: &Account) -> Result<PathBuf, PrivatePostgresError> {
    let root = Path::new(ELSEWHERE);
    if !root.exists() {
        make_folder(root, 0o755).map_err(PrivatePostgresError::file("make", root))?;
    }
    let metadata = std::fs::symlink_metadata(root).map_err(PrivatePostgresError::file("look at", root))?;
    if !metadata.is_dir() || metadata.uid() != 0 || metadata.mode() & 0o022 != 0 {
        return Err(PrivatePostgresError::NotOurs {
            path: root.to_owned(),
            owner: "root".to_owned(),
            found: "others can change what lies in it",
        });
    }
    let id = short_hash(link);
    let mut number = 1_u32;
    loop {
        let home = root.join(format!("{id}-{number}"));
        match make_folder(&home, home_mode(account)) {
            Ok(()) => return Ok(home),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                // An empty one was made by a process that ended before it could make the link.
                let empty = std::fs::read_dir(&home).is_ok_and(|mut entries| entries.next().is_none());
                if empty {
                    return Ok(home);
                }
                number += 1;
            }
            Err(error) => return Err(PrivatePostgresError::file("make", &home)(error)),
        }
    }
}

/// Identifies a path in a few letters.
pub(crate) fn short_hash(path: &Path) -> String {
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    hex::encode(hash.get(..ID_BYTES).unwrap_or(&hash))
}

/// Root's home must let the server's user through to what belongs to it.
fn home_mode(account: &Account) -> u32 {
    if account.switch { 0o711 } else { 0o700 }
}

/// Makes a folder with exactly this mode, whatever the umask says.
pub(crate) fn make_folder(path: &Path, mode: u32) -> std::io::Result<()> {
    DirBuilder::new().mode(mode).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Opens (or makes) a file in the data folder that only its owner may read. Made by root it is given to the
/// folder's owner, who could not open it next time otherwise.
pub(crate) fn open_beside(path: &Path) -> Result<File, PrivatePostgresError> {
    let opened = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
        .and_then(|file| {
            let folder = path.parent().map(std::fs::metadata).transpose()?;
            if let Some(folder) = folder
                && rustix::process::geteuid().is_root()
                && file.metadata()?.uid() != folder.uid()
            {
                fchown(&file, Some(folder.uid()), Some(folder.gid()))?;
            }
            Ok(file)
        });
    opened.map_err(PrivatePostgresError::file("open", path))
}

/// Removes a folder and everything in it, without following links and without blocking other tasks.
pub(crate) async fn remove_tree(path: &Path) -> Result<(), PrivatePostgresError> {
    let owned = path.to_owned();
    let removed = tokio::task::spawn_blocking(move || std::fs::remove_dir_all(owned)).await;
    match removed.unwrap_or_else(|panicked| Err(std::io::Error::other(panicked))) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(PrivatePostgresError::file("remove", path)(error)),
        _ => Ok(()),
    }
}
