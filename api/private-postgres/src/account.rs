//! Which operating-system user runs the server.
//!
//! Whoever we are, except root: `initdb` and `postgres` refuse to run as root. Then it is the owner of the
//! cluster that is there, or `postgres` (Debian's package makes it), or a system user `chronogram` that we make.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{getegid, geteuid};

use crate::PrivatePostgresError;

/// The server's programs get this search path and nothing else of our environment: `PGPORT`, `PGDATA`, `TZ` and
/// the like would silently change what they do.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const PREFERRED: &str = "postgres";
const MADE_BY_US: &str = "chronogram";

/// The user who owns the cluster and runs the server.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) uid: u32,
    gid: u32,
    /// We are root and become this user in the programs we start.
    pub(crate) switch: bool,
}

impl Account {
    pub(crate) async fn of_the_server(data: &Path) -> Result<Self, PrivatePostgresError> {
        let ours = geteuid().as_raw();
        if ours != 0 {
            return Ok(Self {
                name: id(&["-n", "-u"]).await?.ok_or_else(|| no_account(format!("user id {ours} has no name")))?,
                uid: ours,
                gid: getegid().as_raw(),
                switch: false,
            });
        }
        if let Ok(cluster) = std::fs::metadata(crate::place::cluster_in(data)) {
            let uid = cluster.uid().to_string();
            let name = id(&["-n", "-u", &uid]).await?;
            let name = name
                .ok_or_else(|| no_account(format!("the cluster belongs to user id {uid}, which has no name here")))?;
            return Self::named(&name)
                .await?
                .ok_or_else(|| no_account(format!("the cluster belongs to {name}, which cannot run a server")));
        }
        for name in [PREFERRED, MADE_BY_US] {
            if let Some(account) = Self::named(name).await? {
                return Ok(account);
            }
        }
        tracing::info!(user = MADE_BY_US, "making a system user to run the private Postgres");
        let made = program("useradd")
            .args(["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", MADE_BY_US])
            .output()
            .map_err(PrivatePostgresError::run("useradd"))?;
        Self::named(MADE_BY_US).await?.ok_or_else(|| {
            no_account(format!(
                "useradd could not make user {MADE_BY_US}: {}",
                String::from_utf8_lossy(&made.stderr).trim()
            ))
        })
    }

    async fn named(name: &str) -> Result<Option<Self>, PrivatePostgresError> {
        let (uid, gid) = (id(&["-u", name]).await?, id(&["-g", name]).await?);
        let parsed = uid.and_then(|uid| uid.parse().ok()).zip(gid.and_then(|gid| gid.parse().ok()));
        Ok(parsed.filter(|(uid, _)| *uid != 0).map(|(uid, gid)| Self { name: name.to_owned(), uid, gid, switch: true }))
    }

    /// `path` run as this user in `folder`, with a clean environment and no input. Supplementary groups are
    /// dropped along with root (the standard library does that).
    pub(crate) fn command(&self, path: &Path, folder: &Path) -> Command {
        let mut command = Command::new(path);
        command.env_clear().env("PATH", PATH).env("LC_ALL", "C.UTF-8").current_dir(folder).stdin(Stdio::null());
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Whether this user can get to `folder`, by letting it try: the current folder is entered after root has
    /// been given up.
    pub(crate) async fn reaches(&self, folder: &Path) -> Result<bool, PrivatePostgresError> {
        let command = self.command(Path::new("true"), folder);
        match tokio::process::Command::from(command).status().await {
            Ok(status) => Ok(status.success()),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(false),
            Err(source) => Err(PrivatePostgresError::run("true")(source)),
        }
    }

    /// Gives `path` to this user, where we are root and can.
    pub(crate) fn give(&self, path: &Path) -> std::io::Result<()> {
        if self.switch { std::os::unix::fs::lchown(path, Some(self.uid), Some(self.gid)) } else { Ok(()) }
    }
}

/// `id` knows users that are not in /etc/passwd (LDAP and its like).
async fn id(arguments: &[&str]) -> Result<Option<String>, PrivatePostgresError> {
    let mut command = tokio::process::Command::from(program("id"));
    let output = command.args(arguments).output().await.map_err(PrivatePostgresError::run("id"))?;
    let answer = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((output.status.success() && !answer.is_empty()).then_some(answer))
}

fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.env_clear().env("PATH", PATH).stdin(Stdio::null());
    command
}

fn no_account(problem: String) -> PrivatePostgresError {
    PrivatePostgresError::NoAccount { problem }
}
