-- Who may use the HTTP and GraphQL API. Only the hash of a token is kept: the token itself is shown once, when made.
create table api_token (
    id uuid primary key default gen_random_uuid(),
    -- The principal: stands in the log as the actor of what it does, so it is never given to another token.
    name text not null unique check (char_length(name) between 1 and 64),
    -- SHA-256 of the whole token. The token has 256 random bits, so nothing slower is needed.
    hash bytea not null unique check (octet_length(hash) = 32),
    role text not null check (role in ('analyst', 'operator', 'plugin-author', 'admin')),
    created_at timestamptz not null,
    expires_at timestamptz,
    -- To the minute.
    last_used_at timestamptz,
    revoked_at timestamptz
);
