-- Who may use the pages and the API.

create table account (
    id text primary key,
    name text not null,
    -- The name with small letters only: "Ann" and "ann" are one.
    name_key text not null,
    -- In PHC form; never the password itself.
    password_hash text not null,
    role text not null,
    created_at bigint not null,
    signed_in_at bigint,
    constraint account_name unique (name_key)
);

-- Who is signed in, by a fingerprint of what the browser shows.
create table session (
    fingerprint text primary key,
    id text not null,
    account text not null,
    -- What the browser calls itself.
    agent text not null,
    created_at bigint not null,
    seen_at bigint not null,
    -- What the next page tells.
    note text,
    constraint session_id unique (id)
);
create index session_account on session (account);
create index session_seen on session (seen_at);

-- What programs show to use the API, by its fingerprint.
create table api_token (
    id text primary key,
    name text not null,
    fingerprint text not null,
    role text not null,
    created_by text not null,
    created_at bigint not null,
    used_at bigint,
    constraint api_token_fingerprint unique (fingerprint)
);

-- How often signing in with a name failed in a row.
create table sign_in_failure (
    name_key text primary key,
    failures bigint not null,
    failed_at bigint not null
);

-- What shows that who makes the first account may do so; gone with it.
create table setup_code (
    id bigint primary key,
    code text not null
);
