-- Ids are UUIDv7 texts made by the program, times are UTC milliseconds, JSON is text: SQLite and PostgreSQL alike.

-- Which record of WooCommerce is which record of Vtiger, and what both showed when last in step.
create table link (
    id text primary key,
    connection text not null,
    module text not null,
    woocommerce_id text not null,
    vtiger_id text not null,
    match_key text not null,
    base text not null,
    woocommerce_modified bigint,
    vtiger_modified bigint,
    deleted_on text,
    created_at bigint not null,
    updated_at bigint not null,
    constraint link_woocommerce unique (connection, module, woocommerce_id),
    constraint link_vtiger unique (connection, module, vtiger_id)
);
create index link_match_key on link (connection, module, match_key);

-- A create that was begun: after a crash the record is looked for before it is created again.
create table intent (
    connection text not null,
    module text not null,
    side text not null,
    source_id text not null,
    created_at bigint not null,
    primary key (connection, module, side, source_id)
);

-- Who works on which record at the moment.
create table lease (
    name text primary key,
    owner text not null,
    until bigint not null
);

-- Events that wait for a lease.
create table parked (
    id text primary key,
    lease text not null,
    event text not null,
    parked_at bigint not null
);
create index parked_lease on parked (lease);

-- What was done and what was not, for people to read.
create table journal (
    id text primary key,
    connection text not null,
    at bigint not null,
    module text not null,
    side text not null,
    action text not null,
    woocommerce_id text,
    vtiger_id text,
    title text not null,
    cause text not null,
    fields text not null,
    skip text,
    minute bigint not null
);
create index journal_at on journal (connection, at);
create index journal_minute on journal (side, minute, action);
create index journal_woocommerce on journal (connection, module, woocommerce_id);
create index journal_vtiger on journal (connection, module, vtiger_id);

-- The modules' settings, taken from the configuration at first and kept here from then on.
create table setting (
    connection text not null,
    module text not null,
    settings text not null,
    updated_at bigint not null,
    primary key (connection, module)
);

-- Modules that a sweep should look through soon.
create table sweep_request (
    connection text not null,
    module text not null,
    requested_at bigint not null,
    primary key (connection, module)
);

-- The embedded queue.
create table queue (
    id text primary key,
    lane text not null,
    state text not null,
    available_at bigint not null,
    attempts bigint not null,
    event text not null,
    failure text,
    enqueued_at bigint not null
);
create index queue_ready on queue (state, lane, available_at);
