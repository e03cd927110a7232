-- Keys whose signature on a strategy is trusted. Who may sign is the operator's setting, no fact of the log.
create table plugin.trusted_key (
    name     text        primary key check (name ~ '^[a-z][a-z0-9-]{0,63}$'),
    key      bytea       not null unique check (octet_length(key) = 32), -- Ed25519, public
    added_at timestamptz not null default clock_timestamp()
);
