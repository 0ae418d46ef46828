-- What was done together: a sweep, a backfill, or a while of changes as they happened.
create table run (
    id text primary key,
    connection text not null,
    kind text not null,
    begun_at bigint not null,
    ended_at bigint,
    failure text
);
create index run_begun on run (connection, begun_at);

-- The run that an entry belongs to. What was written before there were runs belongs to none.
alter table journal add column run text;
create index journal_run on journal (run, module, side, action);

-- Old entries are forgotten from the oldest on, whatever their connection.
create index journal_age on journal (at);
