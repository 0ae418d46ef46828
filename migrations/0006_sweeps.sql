-- How far the sweeps of one side of a module came, as JSON: up to when changes were seen, and where a sweep that was
-- broken off goes on.
create table sweep (
    connection text not null,
    module text not null,
    side text not null,
    state text not null,
    updated_at bigint not null,
    primary key (connection, module, side)
);

-- What a sweep that is asked for does.
alter table sweep_request add column is_full bigint not null default 0;
alter table sweep_request add column allows_deletions bigint not null default 0;
