-- Artifacts of plugins by their digest. That a plugin is installed or active is an event; these are its bytes.
create schema plugin;

create table plugin.artifact (
    digest     text        primary key check (digest ~ '^[0-9a-f]{64}$'), -- sha256 of wasm
    wasm       bytea       not null,
    size_bytes bigint      not null generated always as (octet_length(wasm)) stored,
    stored_at  timestamptz not null default clock_timestamp()
);
