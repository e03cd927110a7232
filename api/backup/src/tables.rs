//! Which table lies in which backup, and why: every table of the database stands here, and a test fails when a migration
//! adds one that does not.

/// Where a table goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into the archive, which holds no word of anybody that is not sealed.
    Archive,
    /// Into the file of keys, which expires: keys of people, and what waits to go out, in words that can be read.
    Keys,
    /// Into none: it is made anew from the log, or by a migration.
    Rebuilt,
    /// Into none: it tells about this installation. A restore carries it over.
    Kept,
}

/// One table and what becomes of it.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Schema and name.
    pub name: &'static str,
    /// Where it goes.
    pub place: Place,
    /// The order of its rows in a backup: a key of it.
    pub(crate) order: &'static str,
    /// Which of its rows, where not all.
    pub(crate) only: Option<&'static str>,
}

const fn table(name: &'static str, place: Place, order: &'static str) -> Table {
    Table { name, place, order, only: None }
}

const fn not_in_it(name: &'static str, place: Place) -> Table {
    table(name, place, "")
}

/// The events; their first column is the position.
pub(crate) const EVENTS: &str = "es.event";

/// Every table, in the order in which a restore can fill them.
pub const TABLES: &[Table] = &[
    table(EVENTS, Place::Archive, "position"),
    table("es.blanked", Place::Archive, "position"),
    table("es.command", Place::Archive, "first_position, command_id"),
    table("es.head", Place::Archive, "id"),
    table("public.api_token", Place::Archive, "id"),
    table("plugin.artifact", Place::Archive, "digest"),
    table("plugin.trusted_key", Place::Archive, "name"),
    table("collection.checkpoint", Place::Archive, "name"),
    table("collection.channel", Place::Archive, "channel"),
    // What was spent stays spent; a call that was on its way lapses, and is settled by what the log says of it.
    table("model.account", Place::Archive, "name"),
    table("model.reservation", Place::Archive, "request"),
    // Not from the log: what it asks for would go out a second time.
    table("delivery.checkpoint", Place::Archive, "name"),
    table("delivery.parked_chat", Place::Archive, "bot, chat"),
    table("delivery.migrated_chat", Place::Archive, "bot, chat"),
    // Those that an operator left out are left out of every replay; the others are found again.
    Table {
        name: "projection.parked",
        place: Place::Archive,
        order: "name, version, position",
        only: Some("skipped_at is not null"),
    },
    table("person.key", Place::Keys, "id"),
    table("person.secret", Place::Keys, "name"),
    table("person.erasures", Place::Keys, "id"),
    table("delivery.outbox", Place::Keys, "id"),
    table("delivery.reminder", Place::Keys, "reminder"),
    table("delivery.file", Place::Keys, "digest"),
    table("delivery.known_file", Place::Keys, "bot, digest, kind"),
    not_in_it("projection.checkpoint", Place::Rebuilt),
    not_in_it("projection.copy", Place::Rebuilt),
    not_in_it("projection.job", Place::Rebuilt),
    // Who was filled is in the log: a run begins anew and passes them over.
    not_in_it("filling.run", Place::Rebuilt),
    // Which policies there are is in the log: they are planned anew.
    not_in_it("filling.policy", Place::Rebuilt),
    not_in_it("filling.request", Place::Rebuilt),
    // The index of a log that lies elsewhere is read from that log.
    not_in_it("kurrent.checkpoint", Place::Rebuilt),
    not_in_it("kurrent.event", Place::Rebuilt),
    not_in_it("kurrent.command", Place::Rebuilt),
    not_in_it("kurrent.stream", Place::Rebuilt),
    not_in_it("public._sqlx_migrations", Place::Rebuilt),
    not_in_it(RUNS, Place::Kept),
];

/// What was done about backups.
pub(crate) const RUNS: &str = "ops.backup_run";

impl Table {
    /// Whether it lies where the log does.
    pub(crate) fn is_of_the_log(&self) -> bool {
        self.name.starts_with("es.")
    }

    /// The tables of a file of this kind, in their order.
    pub(crate) fn of(place: Place) -> impl Iterator<Item = &'static Self> {
        TABLES.iter().filter(move |table| table.place == place)
    }

    /// Name with quotes.
    pub(crate) fn quoted(&self) -> String {
        quoted(self.name)
    }
}

/// `schema.table` with quotes.
pub(crate) fn quoted(name: &str) -> String {
    name.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect::<Vec<_>>().join(".")
}
