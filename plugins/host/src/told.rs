//! Every limit that this host holds a strategy to, as the documentation tells of it: `docs/plugin-authors/limits.md` is
//! written from here.

use crate::{
    compile::CompileLimits,
    config_schema::{CONFIG_BYTES, ELSEWHERE, NODES, PATTERN_BYTES, REFERENCES_DEEP},
    decide::{ANSWER_BYTES, ROUNDS},
    descriptor::{CONFIG_SCHEMA_BYTES, NAME_BYTES, SUMMARY_BYTES, VERSION_BYTES, WANTS},
    grants::GRANTS,
    limits::Limits,
    output::{
        PLACES, REQUEST_BYTES, REQUESTS, TEMPERATURE_MAX, TEXT_BYTES,
        alert::{DEDUP_KEY_BYTES, FIGURE_MAX, LABEL_BYTES, SUPPRESS_MS_MAX},
        profile::KEY_BYTES,
    },
};

/// What is limited, and to what, by what it is a limit of.
pub struct LimitsOf {
    /// `An artifact`, `A call`, …
    pub what: &'static str,
    /// Pairs of what and how much.
    pub limits: Vec<(&'static str, String)>,
}

/// All of them, as production runs with them.
pub fn every_limit() -> Vec<LimitsOf> {
    // Named one by one: a limit that is added is told here, or this does not compile.
    let Limits {
        artifact_bytes,
        memory_bytes,
        memories,
        tables,
        table_elements,
        core_instances,
        fuel,
        deadline,
        tick,
        border_bytes,
        input_bytes,
        input_messages,
        input_samples,
        journal_bytes,
        output_bytes,
        profile_fields,
        alerts,
        alert_memory_bytes,
        log_lines,
        log_bytes,
        pool_size,
    } = Limits::default();
    let CompileLimits { memory_bytes: compile_bytes, cpu, wall, code_bytes } = CompileLimits::default();
    let million = fuel / 1_000_000;
    vec![
        of(
            "An artifact",
            vec![
                ("bytes", size(artifact_bytes as u64)),
                ("compiling it", format!("{} of memory, {cpu:?} of processor, {wall:?} in all", size(compile_bytes))),
                ("machine code made of it", size(code_bytes)),
                ("imports", "`types`, `effects` and `log` of the contract; nothing else, no WASI".to_owned()),
            ],
        ),
        descriptor(),
        of("An activation", vec![("configuration", size(CONFIG_BYTES as u64)), ("grants", GRANTS.to_string())]),
        of(
            "A call",
            vec![
                ("fuel, instantiation included", format!("{million} million units, about 25 ms")),
                ("wall clock", format!("{deadline:?}, looked at every {tick:?}: a safety net for a busy machine")),
                ("memories together", format!("{}, in at most {memories}", size(memory_bytes as u64))),
                ("tables together", format!("{table_elements} elements, in at most {tables}")),
                ("core instances", core_instances.to_string()),
                ("bytes across the border, out of the strategy", size(border_bytes as u64)),
                ("calls at the same time", format!("{pool_size}; the next ones wait")),
            ],
        ),
        of(
            "Its input",
            vec![
                ("messages", format!("the newest {input_messages}")),
                ("samples", input_samples.to_string()),
                ("as JSON", size(input_bytes as u64)),
                ("recorded answers, as JSON", size(journal_bytes as u64)),
            ],
        ),
        of(
            "Its answer",
            vec![
                ("all words of it", size(output_bytes as u64)),
                ("a profile: fields set and unset", format!("{profile_fields}, each key once")),
                ("a field: `key`", format!("1 to {KEY_BYTES} bytes")),
                ("a field: `value`; `ask`; a refusal; an alert's `message`", size(TEXT_BYTES as u64)),
                ("a field: `confidence`", format!("0 to 1, kept to {PLACES} places")),
                ("a field: `evidence`", "ids of messages of this input, each once".to_owned()),
                ("alerts", format!("{alerts}, each `dedup-key` once")),
                ("an alert: `rule`, `severity`, `metric`", format!("1 to {LABEL_BYTES} bytes, no control characters")),
                ("an alert: `dedup-key`", format!("1 to {DEDUP_KEY_BYTES} bytes, no control characters")),
                ("an alert: `before`, `after`", format!("-{FIGURE_MAX:e} to {FIGURE_MAX:e}, kept to {PLACES} places")),
                ("an alert: `suppress-ms`", format!("{SUPPRESS_MS_MAX}, which is 31 days")),
                ("`memory` of a channel", size(alert_memory_bytes as u64)),
                ("any text", "no U+0000".to_owned()),
            ],
        ),
        effects(),
        of(
            "Its log",
            vec![
                ("lines", log_lines.to_string()),
                ("bytes", format!("{}; the rest is counted and dropped", size(log_bytes as u64))),
            ],
        ),
    ]
}

fn of(what: &'static str, limits: Vec<(&'static str, String)>) -> LimitsOf {
    LimitsOf { what, limits }
}

fn descriptor() -> LimitsOf {
    of(
        "Its descriptor",
        vec![
            ("`name`", format!("{NAME_BYTES} bytes of `a-z0-9-`, a letter first")),
            ("`version`", format!("{VERSION_BYTES} bytes of printable ASCII")),
            ("`summary`", format!("{}, one line", size(SUMMARY_BYTES as u64))),
            ("`wants`", format!("{WANTS} of `llm` and `lookup:<name>`")),
            ("`config-schema`", format!("{}, an object", size(CONFIG_SCHEMA_BYTES as u64))),
            ("nodes of the schema, references written out", NODES.to_string()),
            ("references within references", REFERENCES_DEEP.to_string()),
            ("keywords it may not hold", ELSEWHERE.map(|keyword| format!("`{keyword}`")).join(", ")),
            ("references", "into the schema itself only: `#/…`".to_owned()),
            ("one `pattern`, compiled", size(PATTERN_BYTES as u64)),
        ],
    )
}

fn effects() -> LimitsOf {
    of(
        "Its effects",
        vec![
            ("rounds", ROUNDS.to_string()),
            ("requests in a round", REQUESTS.to_string()),
            ("a request", size(REQUEST_BYTES as u64)),
            ("`temperature`", format!("0 to {TEMPERATURE_MAX}")),
            ("an answer", size(ANSWER_BYTES as u64)),
        ],
    )
}

/// Each limit is a round number of some unit.
fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes.is_multiple_of(1 << 30) => format!("{} GiB", bytes >> 30),
        bytes if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        bytes if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        bytes => format!("{bytes} bytes"),
    }
}
