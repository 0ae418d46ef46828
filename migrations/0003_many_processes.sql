-- How an event's attempts ended, as JSON.
alter table queue add column history text not null default '[]';

-- Events that failed too often: set aside, for a person to look at.
create table failed (
    id text primary key,
    connection text,
    module text,
    side text,
    record_id text,
    event text not null,
    reason text not null,
    attempts bigint not null,
    history text not null,
    failed_at bigint not null
);
create index failed_record on failed (connection, module, side, record_id);
insert into failed (id, event, reason, attempts, history, failed_at)
    select id, event, coalesce(failure, ''), attempts, '[]', enqueued_at from queue where state = 'failed';
delete from queue where state = 'failed';
alter table queue drop column failure;

-- Events that the broker did not take, in the order in which they came.
create table spool (
    id text primary key,
    lane text not null,
    event text not null,
    spooled_at bigint not null
);

-- The processes at work, and how much each got done lately.
create table process (
    id text primary key,
    name text not null,
    roles text not null,
    started_at bigint not null,
    seen_at bigint not null,
    events_a_minute bigint not null
);
