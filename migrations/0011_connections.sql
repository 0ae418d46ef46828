-- The connections that were made in the browser. What is secret of one is sealed with the key of the configuration;
-- `revision` is another one after each change, by which the processes tell that there was one.
create table connection (
    name text not null primary key,
    revision text not null,
    settings text not null,
    sealed text not null,
    created_at bigint not null,
    updated_at bigint not null
);

-- Shops that are asked for keys on their own consent screen, and the keys that came, sealed. `digest` is that of what the
-- shop sends along, and nobody else knows.
create table consent (
    digest text not null primary key,
    shop_url text not null,
    sealed text,
    asked_at bigint not null
);
