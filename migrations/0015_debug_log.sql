-- What is said to the two systems and what they answer, kept while somebody looks for a fault.

-- Which connections' exchanges are kept, and until when.
create table debug_switch (
    connection text not null primary key,
    -- Only those of this module; of these records: a JSON list of ids, where an empty one stands for all.
    module text,
    records text not null,
    until_at bigint not null,
    set_at bigint not null,
    set_by text not null,
    -- What masked values are told apart by.
    mask_key text not null
);

-- Requests and their answers, with secrets and personal data masked.
create table debug_exchange (
    id text primary key,
    connection text not null,
    side text not null,
    at bigint not null,
    module text,
    event text,
    method text not null,
    path text not null,
    status bigint,
    took_ms bigint not null,
    request text,
    answer text,
    failure text,
    bytes bigint not null
);
-- How much room all of them take is asked often, and not to be read off what was said.
create index debug_exchange_bytes on debug_exchange (bytes);
create index debug_exchange_connection on debug_exchange (connection, id);

-- The records that an exchange is about.
create table debug_record (
    record text not null,
    exchange text not null,
    primary key (record, exchange)
);
create index debug_record_exchange on debug_record (exchange);
