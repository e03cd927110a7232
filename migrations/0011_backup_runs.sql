-- What was done about backups, by whatever process: the metrics of a running one and `backup list` read it. The backups
-- themselves lie elsewhere, and none of them holds this table: a restore carries it over.
create schema ops;

create table ops.backup_run (
    id         bigint      generated always as identity primary key,
    action     text        not null check (action in ('create', 'verify', 'restore', 'prune')),
    state      text        not null check (state in ('done', 'failed')),
    file       text,                       -- the backup's name; null: of no single one, or it came to none
    target     text,                       -- the folder, or s3://bucket/prefix
    position   bigint,                     -- where the log of that backup ends
    size_bytes bigint,
    error      text,
    began_at   timestamptz not null,
    ended_at   timestamptz not null
);
create index backup_run_last on ops.backup_run (action, state, id);
create index backup_run_of_file on ops.backup_run (file, id);
