-- What is known of each record, or of a pair of them, to find it by.
create table known_record (
    id text primary key,
    connection text not null,
    module text not null,
    woocommerce_id text,
    vtiger_id text,
    title text not null,
    match_key text not null,
    updated_at bigint not null,
    constraint known_record_woocommerce unique (connection, module, woocommerce_id),
    constraint known_record_vtiger unique (connection, module, vtiger_id)
);

-- The words that a record is found by, in the hexadecimal digits of their bytes: every collation sorts those alike.
create table known_word (
    word text not null,
    record text not null,
    primary key (word, record)
);
create index known_word_record on known_word (record, word);

-- Records that are not in step for a reason, as long as they are not.
create table problem (
    id text primary key,
    connection text not null,
    module text not null,
    side text not null,
    record_id text not null,
    woocommerce_id text,
    vtiger_id text,
    title text not null,
    kind text not null,
    skip text not null,
    since bigint not null,
    seen_at bigint not null,
    constraint problem_record unique (connection, module, side, record_id)
);
create index problem_kind on problem (kind, id);

-- Fields that both sides changed to different values, whose losing value can still be taken.
create table conflict (
    id text primary key,
    connection text not null,
    module text not null,
    woocommerce_id text not null,
    vtiger_id text not null,
    title text not null,
    field text not null,
    winner text not null,
    lost text not null,
    kept text not null,
    at bigint not null,
    constraint conflict_field unique (connection, module, woocommerce_id, field)
);

-- A record's history is read from the newest entry on, however long it is.
drop index journal_woocommerce;
drop index journal_vtiger;
create index journal_woocommerce on journal (connection, module, woocommerce_id, id);
create index journal_vtiger on journal (connection, module, vtiger_id, id);

-- What the sync log tells of the records that were not in step when it spoke of them last. The entry's side is the one
-- that would have been written to.
insert into problem (id, connection, module, side, record_id, woocommerce_id, vtiger_id, title, kind, skip, since, seen_at)
    select id, connection, module,
        case when side = 'vtiger' then 'woocommerce' else 'vtiger' end,
        case when side = 'vtiger' then woocommerce_id else vtiger_id end,
        woocommerce_id, vtiger_id, title,
        case
            when skip like '"no_email"' then 'no_email'
            when skip like '"invalid_email"' then 'invalid_email'
            when skip like '"guest"' then 'guest'
            when skip like '"staff"' then 'staff'
            when skip like '{"mandatory":%' then 'mandatory'
            when skip like '{"ambiguous":%' then 'ambiguous'
            when skip like '{"linked_elsewhere":%' then 'linked_elsewhere'
            when skip like '{"reference":%' then 'reference'
            when skip like '{"deleted_and_edited":%' then 'deleted_and_edited'
            when skip like '{"storm":%' then 'storm'
            when skip like '{"unsupported":%' then 'unsupported'
            when skip like '{"rejected":%' then 'rejected'
            when skip like '{"deleted":%' then 'deleted'
            else 'failed'
        end,
        skip, at, at
    from journal
    where skip is not null
        and case when side = 'vtiger' then woocommerce_id else vtiger_id end is not null
        and not exists (
            select 1 from journal later
            where later.connection = journal.connection and later.module = journal.module
                and later.woocommerce_id = journal.woocommerce_id and later.id > journal.id
        )
        and not exists (
            select 1 from journal later
            where later.connection = journal.connection and later.module = journal.module
                and later.vtiger_id = journal.vtiger_id and later.id > journal.id
        )
    on conflict do nothing;
