-- What the journal holds, counted by minute, hour and day as it is written: the sync log and its chart must not count a
-- million entries anew for each page.
create table log_count (
    -- 'minute', 'hour' or 'day'.
    span text not null,
    start_at bigint not null,
    connection text not null,
    module text not null,
    side text not null,
    action text not null,
    -- Writers that are at work at once count in rows of their own, so as not to wait for each other.
    shard bigint not null,
    number bigint not null,
    -- Of how many it is known how long they took, how long that was in all, and for the slowest.
    timed bigint not null,
    late_ms bigint not null,
    slowest_ms bigint not null,
    primary key (span, start_at, connection, module, side, action, shard)
);
insert into log_count
    select 'minute', minute, connection, module, side, action, 0, count(*), 0, 0, 0
    from journal group by minute, connection, module, side, action;
insert into log_count
    select 'hour', minute - minute % 3600000, connection, module, side, action, 0, count(*), 0, 0, 0
    from journal group by minute - minute % 3600000, connection, module, side, action;
insert into log_count
    select 'day', start_at - start_at % 86400000, connection, module, side, action, 0, sum(number), 0, 0, 0
    from log_count where span = 'hour'
    group by start_at - start_at % 86400000, connection, module, side, action;

-- The same by run.
create table run_count (
    run text not null,
    module text not null,
    side text not null,
    action text not null,
    shard bigint not null,
    number bigint not null,
    primary key (run, module, side, action, shard)
);
insert into run_count
    select run, module, side, action, 0, count(*) from journal where run is not null
    group by run, module, side, action;

-- Entries are counted no more, but found by what they tell, the newest first.
-- SQLite would take an index by connection and time instead, and look through all of a connection.
drop index journal_minute;
drop index journal_at;
create index journal_what on journal (connection, module, side, action, at);
-- A run's entries in their order, as they are counted no more.
drop index journal_run;
create index journal_run on journal (run, id);
-- The runs of all connections, the newest first.
create index run_newest on run (begun_at);
