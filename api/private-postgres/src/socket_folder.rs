//! The folder of the server's socket: short enough for the kernel, and ours alone, so that nobody can put a
//! socket of their own where our clients look for the server's.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::place::{make_folder, short_hash};
use crate::{PORT, PrivatePostgresError};

/// `sockaddr_un.sun_path` has 108 bytes, the last of them zero.
const LONGEST_PATH_BYTES: usize = 107;

/// Makes the folder for a server about to start (none runs): in the home, or in a short place when that path is too long.
pub(crate) fn make(home: &Path, account: &Account) -> Result<PathBuf, PrivatePostgresError> {
    let at_home = home.join("socket");
    let folder =
        if fits(&at_home) { at_home } else { short_parent(account).join(format!("chronogram-{}", short_hash(home))) };
    match make_folder(&folder, 0o700) {
        Ok(()) => account.give(&folder).map_err(PrivatePostgresError::file("give away", &folder))?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            // Root was stopped before it could give away what it had just made.
            if account.switch
                && std::fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir() && found.uid() == 0)
            {
                account.give(&folder).map_err(PrivatePostgresError::file("give away", &folder))?;
            }
        }
        Err(error) => return Err(PrivatePostgresError::file("make", &folder)(error)),
    }
    check(&folder, account)?;
    clear(&folder)?;
    Ok(folder)
}

/// Removes what a killed server left: like `postmaster.pid`, its lock names a process id that may by now be a
/// zombie's or a stranger's, and Postgres would not start.
fn clear(folder: &Path) -> Result<(), PrivatePostgresError> {
    for name in [socket_name(), format!("{}.lock", socket_name())] {
        let path = folder.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(PrivatePostgresError::file("remove", &path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn socket_name() -> String {
    format!(".s.PGSQL.{PORT}")
}

/// To be asked before connecting to whatever listens there.
pub(crate) fn check(folder: &Path, account: &Account) -> Result<(), PrivatePostgresError> {
    let metadata = std::fs::symlink_metadata(folder).map_err(PrivatePostgresError::file("look at", folder))?;
    let found = if !metadata.is_dir() {
        "it is no folder"
    } else if metadata.uid() != account.uid {
        "it belongs to somebody else"
    } else if metadata.mode() & 0o077 != 0 {
        "others may enter it"
    } else {
        return Ok(());
    };
    Err(PrivatePostgresError::NotOurs { path: folder.to_owned(), owner: account.name.clone(), found })
}

fn fits(folder: &Path) -> bool {
    folder.join(socket_name()).as_os_str().len() <= LONGEST_PATH_BYTES
}

/// Root's and the login session's own folders first; /tmp is everybody's, which `check` is for.
fn short_parent(account: &Account) -> PathBuf {
    let own = if account.switch { PathBuf::from("/run") } else { PathBuf::from(format!("/run/user/{}", account.uid)) };
    let ours = rustix::process::geteuid().as_raw();
    match std::fs::metadata(&own) {
        Ok(metadata) if metadata.is_dir() && metadata.uid() == ours => own,
        _ => PathBuf::from("/tmp"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn a_path_of_107_bytes_fits_and_one_of_108_does_not() {
        let name_bytes = "/.s.PGSQL.5432".len();
        let longest = "x".repeat(LONGEST_PATH_BYTES - name_bytes);
        assert!(fits(Path::new(&longest)));
        assert!(!fits(Path::new(&format!("{longest}x"))));
    }

    #[tokio::test]
    async fn a_folder_that_others_enter_own_or_redirect_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let account = Account::of_the_server(temp.path()).await.unwrap();
        let folder = temp.path().join("socket");
        make_folder(&folder, 0o700).unwrap();
        account.give(&folder).unwrap();
        check(&folder, &account).unwrap();

        let link = temp.path().join("link");
        symlink(&folder, &link).unwrap();
        assert!(check(&link, &account).unwrap_err().to_string().contains("it is no folder"));

        std::fs::set_permissions(&folder, Permissions::from_mode(0o750)).unwrap();
        assert!(check(&folder, &account).unwrap_err().to_string().contains("others may enter it"));

        // /proc/1 belongs to root, who never runs the server.
        let foreign = check(Path::new("/proc/1"), &account).unwrap_err();
        assert!(foreign.to_string().contains("it belongs to somebody else"));
    }
}
