//! Where the server's programs are: Debian keeps each major version in a folder of its own, outside PATH.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::PrivatePostgresError;

const DEBIAN: &str = "/usr/lib/postgresql";
/// The oldest version our SQL is tested with; Debian 12 brings it.
const OLDEST: u32 = 15;

/// `initdb` and `postgres` of one major version.
#[derive(Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
}

impl Programs {
    /// The newest there is; or, for a cluster that exists, the major version that made it: no other opens it.
    pub(crate) async fn find(cluster_version: Option<u32>) -> Result<Self, PrivatePostgresError> {
        if let Some(found) = newest_in(Path::new(DEBIAN), cluster_version) {
            return Ok(found);
        }
        if let Some(found) = on_path(cluster_version).await {
            return Ok(found);
        }
        Err(match cluster_version {
            None => PrivatePostgresError::ProgramsMissing {
                wanted: format!("{OLDEST} or newer"),
                package: "postgresql".to_owned(),
            },
            Some(version) => PrivatePostgresError::ProgramsMissing {
                wanted: format!("{version} (the version that made this cluster)"),
                package: format!("postgresql-{version}"),
            },
        })
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.folder.join("initdb")
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.folder.join("postgres")
    }

    fn in_folder(folder: PathBuf) -> Option<Self> {
        let programs = Self { folder };
        (programs.initdb().is_file() && programs.postgres().is_file()).then_some(programs)
    }
}

fn fits(version: u32, cluster_version: Option<u32>) -> bool {
    cluster_version.map_or(version >= OLDEST, |wanted| version == wanted)
}

fn newest_in(root: &Path, cluster_version: Option<u32>) -> Option<Programs> {
    let mut versions: Vec<u32> = std::fs::read_dir(root)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|version| fits(*version, cluster_version))
        .collect();
    versions.sort_unstable();
    versions.into_iter().rev().find_map(|version| Programs::in_folder(root.join(version.to_string()).join("bin")))
}

/// The shell and the program answer, so that we need not read the environment ourselves.
async fn on_path(cluster_version: Option<u32>) -> Option<Programs> {
    let found = answer(tokio::process::Command::new("sh").args(["-c", "command -v postgres"])).await?;
    // The real file: packagers put links into PATH, and initdb lies beside the program itself.
    let postgres = std::fs::canonicalize(found).ok()?;
    let version = answer(tokio::process::Command::new(&postgres).arg("--version")).await?;
    let major = major_version(&version)?;
    fits(major, cluster_version).then(|| Programs::in_folder(postgres.parent()?.to_owned())).flatten()
}

/// From `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` or `postgres (PostgreSQL) 18beta1`.
fn major_version(answer: &str) -> Option<u32> {
    let version = answer.split_once("(PostgreSQL) ")?.1;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

async fn answer(command: &mut tokio::process::Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().await.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn installed(versions: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for version in versions {
            let bin = root.path().join(version).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            for program in ["initdb", "postgres"] {
                std::fs::write(bin.join(program), "").unwrap();
            }
        }
        // Client programs alone leave a folder without a server.
        std::fs::create_dir_all(root.path().join("99/bin")).unwrap();
        root
    }

    fn chosen(root: &tempfile::TempDir, cluster_version: Option<u32>) -> Option<String> {
        let programs = newest_in(root.path(), cluster_version)?;
        let version = programs.folder.parent()?.file_name()?.to_str()?;
        Some(version.to_owned())
    }

    #[test]
    fn a_new_cluster_is_made_by_the_newest_server_by_number() {
        let root = installed(&["9", "15", "17", "100"]);
        assert_eq!(chosen(&root, None).as_deref(), Some("100"));
    }

    #[test]
    fn a_cluster_is_opened_only_by_the_version_that_made_it() {
        let root = installed(&["15", "17"]);
        assert_eq!(chosen(&root, Some(15)).as_deref(), Some("15"));
        assert_eq!(chosen(&root, Some(16)), None);
    }

    #[test]
    fn a_server_older_than_our_sql_is_not_taken() {
        assert_eq!(chosen(&installed(&["13", "14"]), None), None);
    }

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_version("something else"), None);
    }
}
