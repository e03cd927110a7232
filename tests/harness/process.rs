//! The real binary, as a process.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{LazyLock, mpsc},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};

use crate::compiled::share_compiled_code;

/// How long a start may take: initdb on a busy machine.
const START_PATIENCE: Duration = Duration::from_mins(1);
/// How long a stop may take: the soft limit of the binary and Postgres' own shutdown.
const STOP_PATIENCE: Duration = Duration::from_secs(40);

/// Builds the binary once a test run (nothing to do where it is fresh) and tells where it is.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let mut build = Command::new(env!("CARGO"));
    // The whole workspace: another selection would resolve features anew and build the dependencies again.
    build.args(["build", "--locked", "--quiet", "--workspace", "--bins", "--manifest-path"]).arg(manifest);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    // What cargo tells this test about its own package would be news to the build scripts of dependencies, which then
    // run again, and everything above them is built anew.
    let about_us = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| name.starts_with(prefix))
            || name == "OUT_DIR"
    };
    for name in std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| about_us(name)) {
        build.env_remove(name);
    }
    let built = build.status().map(|status| status.success());
    assert!(matches!(built, Ok(true)), "the binary does not build");
    let tests = std::env::current_exe().unwrap_or_default(); // target/<profile>/deps/<test>
    let profile = tests.ancestors().find(|folder| folder.join("chronogram").is_file());
    profile.map(|folder| folder.join("chronogram")).unwrap_or_default()
});

/// Where the binary is, built for this run.
pub fn binary() -> &'static Path {
    &BINARY
}

/// A data folder with a private Postgres of its own, and the commands run on it.
pub struct Home {
    folder: tempfile::TempDir,
    database_url: Option<String>,
}

impl Home {
    /// A fresh one, with a private Postgres.
    pub fn private() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("chronogram-").tempdir()?;
        // Run by root, the server's own user must be able to reach it; else the cluster would lie elsewhere and stay.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        share_compiled_code(folder.path())?;
        Ok(Self { folder, database_url: None })
    }

    /// A fresh one on a database that the tests own.
    pub fn on(database_url: &str) -> anyhow::Result<Self> {
        Ok(Self { database_url: Some(database_url.to_owned()), ..Self::private()? })
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Takes the key that words of people are sealed with from another home, whose log it goes on with.
    pub fn take_key_of(&self, other: &Self) -> anyhow::Result<()> {
        const KEY: &str = "master.key";
        std::fs::copy(other.data().join(KEY), self.data().join(KEY)).map(drop).context("copy the master key")
    }

    /// The database that the tests own, if it is on one.
    pub fn database_url(&self) -> Option<&str> {
        self.database_url.as_deref()
    }

    /// A command of the binary on this home; nothing of the caller's environment decides.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env_remove("DATABASE_URL")
            .env_remove("EVENT_STORE_URL")
            .env_remove("CHRONOGRAM_LOG")
            .env_remove("TELEGRAM_BOT_TOKEN")
            .env_remove("TELEGRAM_ADMINS")
            .env_remove("TELEGRAM_WEBHOOK_URL")
            .env_remove("MODELS_FILE")
            .env_remove("LLM_BASE_URL")
            .env_remove("LLM_MODEL")
            .env_remove("LLM_API_KEY")
            .env_remove("PROFILES_WEBHOOK_SECRET")
            .env_remove("CHRONOGRAM_CRASH_AT")
            .env_remove("BACKUP_TARGET")
            .env_remove("BACKUP_KEYS_TARGET")
            .env("CHRONOGRAM_DATA", self.folder.path())
            .env("PORT", "0")
            .env("ADMIN_PORT", "0")
            // Who tests policies says so; nobody else is filled while a test looks away.
            .env("PROFILE_POLICIES", "off")
            .env("EVENTSTORE_GRPC_PORT", "0")
            .stdin(Stdio::null());
        if let Some(url) = &self.database_url {
            command.env("DATABASE_URL", url);
        }
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        self.command(arguments).output().with_context(|| format!("run chronogram {arguments:?}"))
    }

    /// Runs a command that must succeed; what it printed.
    pub fn succeed(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.run(arguments)?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "chronogram {arguments:?} ended with {}: {stderr}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Starts `up` and waits until it says that it is up.
    pub fn up(&self) -> anyhow::Result<Up> {
        self.start(&["up"])
    }

    /// Starts `up` with more settings.
    pub fn up_with(&self, settings: &[(&str, &str)]) -> anyhow::Result<Up> {
        self.start_with(&["up"], settings)
    }

    /// Starts a long-running command with more settings.
    pub fn start_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> anyhow::Result<Up> {
        Self::start_command(self.command(arguments).envs(settings.iter().copied()))
    }

    /// Starts a long-running command and waits until it says that it is up.
    pub fn start(&self, arguments: &[&str]) -> anyhow::Result<Up> {
        Self::start_command(&mut self.command(arguments))
    }

    fn start_command(command: &mut Command) -> anyhow::Result<Up> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let stderr = child.stderr.take().context("stderr is piped")?;
        let (errors_in, errors) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = String::new();
            let _ = BufReader::new(stderr).read_to_string(&mut text);
            let _ = errors_in.send(text);
        });
        let (lines_in, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = lines_in.send(line);
            }
        });
        let mut up = Up { child, lines: Vec::new(), errors };
        let deadline = Instant::now() + START_PATIENCE;
        while !up.lines.iter().any(|line| line.starts_with("Ctrl-C stops")) {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => up.lines.push(line),
                Err(error) => {
                    let _ = up.child.kill();
                    bail!("it did not come up ({error}): {}", up.errors.recv().unwrap_or_default());
                }
            }
        }
        Ok(up)
    }
}

/// A running `up` or `serve`; killed when dropped.
pub struct Up {
    child: Child,
    lines: Vec<String>,
    errors: mpsc::Receiver<String>,
}

impl Up {
    /// What it printed when it came up.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// The word after `label` in what it printed.
    pub fn printed(&self, label: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| line.trim_start().strip_prefix(label)?.split_whitespace().next())
    }

    /// Where the API is, like `http://127.0.0.1:40123`.
    pub fn api(&self) -> anyhow::Result<String> {
        let url = self.printed("API").context("no API address was printed")?;
        Ok(url.trim_end_matches("/graphql").to_owned())
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it logged, once it has ended by itself.
    pub fn ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten()?;
        Some(self.errors.recv().unwrap_or_default())
    }

    /// Stands still, with everything open.
    pub fn freeze(&self) -> anyhow::Result<()> {
        send_signal(self.pid(), "STOP")
    }

    /// Goes on.
    pub fn thaw(&self) -> anyhow::Result<()> {
        send_signal(self.pid(), "CONT")
    }

    /// Asks it to stop as Ctrl-C does; what it logged.
    pub fn stop(self) -> anyhow::Result<String> {
        self.stop_by("INT")
    }

    /// Asks it to stop by this signal; what it logged. It must end with 0.
    pub fn stop_by(mut self, signal: &str) -> anyhow::Result<String> {
        send_signal(self.pid(), signal)?;
        let deadline = Instant::now() + STOP_PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                let log = self.errors.recv().unwrap_or_default();
                ensure!(status.success(), "it ended with {status}: {log}");
                return Ok(log);
            }
            ensure!(Instant::now() < deadline, "it did not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it with no chance to clean up.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal, named like `KILL`.
pub fn send_signal(process: u32, name: &str) -> anyhow::Result<()> {
    let sent = Command::new("kill").args([&format!("-{name}"), &process.to_string()]).stderr(Stdio::null()).status()?;
    ensure!(sent.success(), "signal {name} could not be sent to process {process}");
    Ok(())
}
