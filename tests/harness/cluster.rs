//! A Postgres of a test's own: to be killed, frozen, filled up, followed by a standby, and replaced by it.

use std::{
    fs::{File, Permissions},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};

use crate::process::send_signal;

/// How long a server may take to answer, its recovery included.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);
/// The server's superuser, and the database.
const NAME: &str = "chronogram";

/// Stopped at once when dropped, and everything of it removed.
pub struct Cluster {
    /// Of the socket, the log of writes and the server's own log.
    folder: tempfile::TempDir,
    data: PathBuf,
    server: Option<Child>,
    settings: Vec<String>,
}

impl Cluster {
    /// A running server with an empty database.
    pub async fn create() -> anyhow::Result<Self> {
        let folder = own_folder()?;
        let data = folder.path().join("data");
        Self::create_in(folder, data).await
    }

    /// The same with its tables in `data`, an empty folder; its log of writes lies elsewhere.
    pub async fn create_at(data: &Path) -> anyhow::Result<Self> {
        std::fs::set_permissions(data, Permissions::from_mode(0o700))?;
        give(data)?;
        Self::create_in(own_folder()?, data.to_owned()).await
    }

    async fn create_in(folder: tempfile::TempDir, data: PathBuf) -> anyhow::Result<Self> {
        let mut initdb = program("initdb")?;
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]);
        initdb.arg(format!("--username={NAME}")).arg("--pgdata").arg(&data);
        initdb.arg("--waldir").arg(folder.path().join("wal"));
        let made = initdb.current_dir("/").output().context("run initdb")?;
        ensure!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut cluster = Self { folder, data, server: None, settings: Vec::new() };
        cluster.start().await?;
        let mut connection = cluster.connect("postgres").await?;
        sqlx::raw_sql(AssertSqlSafe(format!("create database {NAME}"))).execute(&mut connection).await?;
        connection.close().await?;
        Ok(cluster)
    }

    /// A second server that follows this one, called `standby`.
    pub async fn standby(&self) -> anyhow::Result<Self> {
        let folder = own_folder()?;
        let data = folder.path().join("data");
        let mut copy = program("pg_basebackup")?;
        copy.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--username", NAME]);
        copy.arg("--host").arg(self.folder.path()).arg("--pgdata").arg(&data);
        let copied = copy.current_dir("/").output().context("run pg_basebackup")?;
        ensure!(copied.status.success(), "pg_basebackup: {}", String::from_utf8_lossy(&copied.stderr));
        // What it is called by the server that it follows.
        let settings = vec!["cluster_name=standby".to_owned()];
        let mut standby = Self { folder, data, server: None, settings };
        standby.start().await?;
        Ok(standby)
    }

    /// From here on a commit of this one waits until the standby has it on disk.
    pub async fn wait_for_standby_at_commit(&self) -> anyhow::Result<()> {
        let mut connection = self.connect(NAME).await?;
        for statement in ["alter system set synchronous_standby_names = 'standby'", "select pg_reload_conf()"] {
            sqlx::query(statement).execute(&mut connection).await?;
        }
        let deadline = Instant::now() + PATIENCE;
        let synchronous = "select exists (select from pg_stat_replication where sync_state = 'sync')";
        while !sqlx::query_scalar::<_, bool>(synchronous).fetch_one(&mut connection).await? {
            ensure!(Instant::now() < deadline, "the standby never became synchronous");
            tokio::time::sleep(POLL).await;
        }
        Ok(connection.close().await?)
    }

    /// Makes the standby a primary.
    pub async fn promote(&self) -> anyhow::Result<()> {
        let mut connection = self.connect(NAME).await?;
        let promoted: bool = sqlx::query_scalar("select pg_promote()").fetch_one(&mut connection).await?;
        ensure!(promoted, "the standby was not promoted in time");
        Ok(connection.close().await?)
    }

    /// Starts the server and waits until it answers. After a kill the first tries may find what is left of the old one.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.server.as_mut().is_none_or(|server| server.try_wait().is_ok_and(|ended| ended.is_some())) {
                self.server = Some(self.spawn()?);
            }
            match self.options().database("postgres").connect().await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(error) if Instant::now() >= deadline => {
                    let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                    bail!("Postgres does not answer ({error}): {log}");
                }
                Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log"))?;
        let mut server = program("postgres")?;
        server.arg("-D").arg(&self.data).args(["-c", "listen_addresses=", "-c", "max_connections=150", "-c"]);
        server.arg(format!("unix_socket_directories={}", self.folder.path().display()));
        for setting in &self.settings {
            server.arg("-c").arg(setting);
        }
        server.current_dir("/").process_group(0).stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        server.spawn().context("run postgres")
    }

    /// `kill -9` of the postmaster; its other processes notice and end by themselves.
    pub fn kill_postmaster(&mut self) -> anyhow::Result<()> {
        let mut server = self.server.take().context("the server runs")?;
        server.kill()?;
        server.wait()?;
        Ok(())
    }

    /// As if its machine died: all of its processes are gone at once.
    pub fn die(&mut self) -> anyhow::Result<()> {
        self.freeze()?;
        for process in self.processes()? {
            send_signal(process, "KILL")?;
        }
        self.kill_postmaster()
    }

    /// Stands still with everything open.
    pub fn freeze(&self) -> anyhow::Result<()> {
        self.processes()?.into_iter().try_for_each(|process| send_signal(process, "STOP"))
    }

    /// Goes on.
    pub fn thaw(&self) -> anyhow::Result<()> {
        self.processes()?.into_iter().try_for_each(|process| send_signal(process, "CONT"))
    }

    /// The postmaster and its children.
    fn processes(&self) -> anyhow::Result<Vec<u32>> {
        let postmaster = self.server.as_ref().context("the server runs")?.id();
        let parent = |process: &Path| -> Option<u32> {
            let stat = std::fs::read_to_string(process.join("stat")).ok()?;
            stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
        };
        let children = std::fs::read_dir("/proc")?.filter_map(|entry| {
            let process = entry.ok()?.path();
            let pid = process.file_name()?.to_str()?.parse().ok()?;
            (parent(&process)? == postmaster).then_some(pid)
        });
        Ok([postmaster].into_iter().chain(children).collect())
    }

    /// Where it listens.
    pub fn socket_folder(&self) -> &Path {
        self.folder.path()
    }

    /// How to connect to the database.
    pub fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(self.folder.path()).username(NAME).database(NAME)
    }

    /// The same for a process.
    pub fn url(&self) -> String {
        format!("postgres:///{NAME}?host={}&user={NAME}&sslmode=disable", self.folder.path().display())
    }

    async fn connect(&self, database: &str) -> anyhow::Result<PgConnection> {
        Ok(self.options().database(database).connect().await?)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // One that is frozen does not hear the other signal; which of them it hears first does not matter.
            let _ = send_signal(server.id(), "CONT");
            let _ = send_signal(server.id(), "QUIT");
            let _ = server.wait();
        }
    }
}

/// A folder that the server's user owns and we can enter.
fn own_folder() -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("chronogram-pg-").tempdir()?;
    give(folder.path())?;
    Ok(folder)
}

fn give(folder: &Path) -> anyhow::Result<()> {
    if let Some((user, group)) = server_account()? {
        chown(folder, Some(user), Some(group))?;
    }
    Ok(())
}

/// Postgres refuses to run as root: then it runs as the user of the private Postgres, which the tests' own one made
/// where the system had none.
fn server_account() -> anyhow::Result<Option<(u32, u32)>> {
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let found = ["postgres", NAME].into_iter().find_map(|wanted| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(wanted))?;
        let mut numbers = line.split(':').skip(2);
        Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
    });
    Ok(Some(found.context("no user postgres or chronogram: `make setup` brings one")?))
}

/// A program of the newest server that is installed, run as the server's user.
fn program(name: &str) -> anyhow::Result<Command> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(|entry| {
        let program = entry.ok()?.path().join("bin").join(name);
        let version: u32 = program.ancestors().nth(2)?.file_name()?.to_str()?.parse().ok()?;
        program.is_file().then_some((version, program))
    });
    let program = versions.max().map_or_else(|| PathBuf::from(name), |(_, program)| program);
    let mut command = Command::new(program);
    command.env_remove("PGDATA").env_remove("PGPORT").env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    if let Some((user, group)) = server_account()? {
        command.uid(user).gid(group);
    }
    Ok(command)
}
