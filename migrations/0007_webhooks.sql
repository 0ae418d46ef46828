-- What is known of the webhooks that the program registers by itself.

-- The secret that was made up for a connection's webhooks, where none is configured, and the one before it.
create table webhook_secret (
    connection text not null primary key,
    secret text not null,
    previous text,
    changed_at bigint not null
);

-- A fingerprint of the secret that the registered webhooks were last given, and when the last genuine delivery came.
create table webhook_state (
    connection text not null primary key,
    given text,
    delivered_at bigint
);

-- The webhooks whose address the shop tested lately, which it does when one is registered.
create table webhook_ping (
    connection text not null,
    webhook_id bigint not null,
    pinged_at bigint not null,
    primary key (connection, webhook_id)
);
