//! What the server is told: its settings and who may connect.
//!
//! Settings stand on the command line, where neither `ALTER SYSTEM` nor an edited file changes them. Who needs
//! other sizes brings a server of their own with `DATABASE_URL`.

use std::path::Path;

use crate::account::Account;
use crate::{PORT, ROLE};

/// What a crash of the machine may cost. A crash of Postgres or of us costs nothing either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Durability {
    /// What is committed is on the disk.
    #[default]
    Durable,
    /// Nothing is waited for; a power cut may ruin the cluster, even one opened as durable later.
    ForTests,
}

/// Who may connect: `peer` takes the caller's user from the kernel, so there is no password to keep or to leak,
/// and (unlike `trust`) nobody gets in even if the socket's folder were opened to others by mistake.
pub(crate) const HBA: &str = "# Written by chronogram at every start.\nlocal all chronogram peer map=chronogram\n";

/// Which operating-system users may be our role: the one that runs the server, and root, who can become it
/// anyway (and is who we are whenever the server runs as somebody else).
pub(crate) fn ident(account: &Account) -> String {
    format!(
        "# Written by chronogram at every start.\nchronogram \"root\" {ROLE}\nchronogram \"{}\" {ROLE}\n",
        account.name
    )
}

/// `name=value` for each setting.
pub(crate) fn server_settings(home: &Path, socket_folder: &Path, durability: Durability) -> Vec<String> {
    // A list of folders: quoted, so that commas and spaces in a path are not read as separators.
    let socket_folders = format!("\"{}\"", socket_folder.display().to_string().replace('"', "\"\""));
    let mut settings = vec![
        "listen_addresses=".to_owned(),
        format!("port={PORT}"),
        format!("unix_socket_directories={socket_folders}"),
        "unix_socket_permissions=0700".to_owned(),
        format!("hba_file={}", home.join("pg_hba.conf").display()),
        format!("ident_file={}", home.join("pg_ident.conf").display()),
        "cluster_name=chronogram".to_owned(),
        "shared_buffers=128MB".to_owned(),
        // Four processes with all roles at their busiest; a connection that nobody makes costs a few kilobytes.
        "max_connections=200".to_owned(),
        // `on` would be pglz: a quarter of the server's time where pages are written for the first time.
        "wal_compression=lz4".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "logging_collector=off".to_owned(),
        "log_destination=stderr".to_owned(),
        // People's words must not reach the log: no statements, no parameters, no DETAIL (it quotes key values).
        "log_statement=none".to_owned(),
        "log_min_duration_statement=-1".to_owned(),
        "log_min_error_statement=panic".to_owned(),
        "log_parameter_max_length=0".to_owned(),
        "log_parameter_max_length_on_error=0".to_owned(),
        "log_error_verbosity=terse".to_owned(),
    ];
    let switch = match durability {
        Durability::Durable => "on",
        Durability::ForTests => "off",
    };
    for name in ["fsync", "full_page_writes", "synchronous_commit"] {
        settings.push(format!("{name}={switch}"));
    }
    settings
}

/// Arguments of `initdb` for a cluster in `folder`.
pub(crate) fn initdb_arguments(folder: &Path, durability: Durability) -> Vec<String> {
    [
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--auth-local=peer",
        "--auth-host=reject",
        "--data-checksums",
        "--no-instructions",
    ]
    .into_iter()
    .chain((durability == Durability::ForTests).then_some("--no-sync"))
    .map(str::to_owned)
    .chain([format!("--username={ROLE}"), format!("--pgdata={}", folder.display())])
    .collect()
}
