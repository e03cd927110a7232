//! What can be typed after `chronogram projections`.

use chronogram_log::Position;
use clap::Subcommand;
use jiff::Timestamp;

#[derive(Subcommand)]
pub(crate) enum ProjectionsCommand {
    /// How far each read model is, and what stands beside it
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Build a read model anew beside the live one; or, with --as-of, as it was
    Rebuild {
        /// Its name; with --as-of all of them where none is given
        #[arg(required_unless_present = "as_of")]
        name: Option<String>,
        /// Make it live when it is built
        #[arg(long, conflicts_with = "as_of")]
        switch: bool,
        /// Build it as it was at this position, or at this time (2026-11-21T02:50:00Z), for a day
        #[arg(long, value_name = "POSITION|TIME", value_parser = moment)]
        as_of: Option<Moment>,
    },
    /// Compare a rebuilt read model with the live one, row by row
    Diff {
        /// Its name
        name: String,
        /// Compare with the one that was live before the last switch instead
        #[arg(long)]
        previous: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a rebuilt read model live
    Switch {
        /// Its name
        name: String,
    },
    /// Make the read model live again that was so before the last switch
    Rollback {
        /// Its name
        name: String,
    },
    /// Compare a read model with a replay of the log, row by row
    Verify {
        /// Its name; all of them where none is given
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Drop what was live before the last switches, and read models of the past
    Prune {
        /// Its name; all of them where none is given
        name: Option<String>,
        /// Drop rebuilt ones too that nobody switched to
        #[arg(long)]
        unswitched: bool,
    },
    /// Events that cannot be applied
    #[command(subcommand)]
    Parked(ParkedCommand),
}

#[derive(Subcommand)]
pub(crate) enum ParkedCommand {
    /// Those that stopped a read model, and those left out of one
    List {
        /// Its name; all of them where none is given
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Try the event again that stopped a read model
    Retry {
        /// Its name
        name: String,
    },
    /// Leave the event out that stopped a read model, for good
    Skip {
        /// Its name
        name: String,
        /// The event's position
        position: u64,
        /// Why, for those who come after you
        #[arg(long)]
        why: String,
        /// Who says so
        #[arg(long, default_value = "operator")]
        by: String,
    },
}

/// A place in the log's past.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moment {
    Position(Position),
    Time(Timestamp),
}

fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(position) = text.parse() {
        return Ok(Moment::Position(Position(position)));
    }
    let time = text.parse().map(Moment::Time);
    time.map_err(|_| format!("{text:?} is neither a position like 4711 nor a time like 2026-11-21T02:50:00Z"))
}
