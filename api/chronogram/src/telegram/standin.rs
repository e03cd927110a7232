//! The stand-in for Telegram that `up` starts where no token is set: one can chat with the bot in a browser.

use std::{path::Path, process::Stdio};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// Its program lies beside ours.
const PROGRAM: &str = "telegram-standin";

/// A running stand-in. It ends when its standard input closes: with this value, and with this process, however it ends.
pub(crate) struct Standin {
    _process: Child,
    said: Said,
}

/// What it says first.
#[derive(Deserialize)]
struct Said {
    url: String,
    token: String,
}

impl Standin {
    /// Those who sit before its chat page.
    pub(crate) const PEOPLE: [i64; 2] = [101, 102];

    /// Starts it; its ids and chats are kept in the data folder. `None`: it is not installed.
    pub(crate) async fn start(data: &Path) -> anyhow::Result<Option<Self>> {
        let program = std::env::current_exe().context("find our own program")?.with_file_name(PROGRAM);
        if !program.is_file() {
            return Ok(None);
        }
        let state = data.join("standin");
        std::fs::create_dir_all(&state).with_context(|| format!("make the folder {}", state.display()))?;
        let mut process = Command::new(&program)
            .arg("--state")
            .arg(&state)
            .arg("--end-with-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A group of its own: Ctrl-C reaches us first, and it ends after us.
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let output = process.stdout.take().context("listen to the stand-in")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).await.context("hear from the stand-in")?;
        let Ok(said) = serde_json::from_str(&line) else {
            bail!("the stand-in for Telegram did not start; is another one using {}?", state.display());
        };
        Ok(Some(Self { _process: process, said }))
    }

    pub(crate) fn url(&self) -> &str {
        &self.said.url
    }

    pub(crate) fn token(&self) -> &str {
        &self.said.token
    }
}
