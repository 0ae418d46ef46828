-- What was written back and forth lately, as JSON, to notice records that change without end; and until when such a
-- record is left alone.
alter table link add column trails text not null default '{}';
alter table link add column quarantined_until bigint;

-- Records that were skipped, and what each waits for: a record, by module, side and id.
create table waiting (
    connection text not null,
    awaited text not null,
    module text not null,
    side text not null,
    record_id text not null,
    since bigint not null,
    primary key (connection, awaited, module, side, record_id)
);
create index waiting_record on waiting (connection, module, side, record_id);
