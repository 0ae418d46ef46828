-- Every version of a module's settings: who brought it into force, when, and why.
create table setting_version (
    connection text not null,
    module text not null,
    version bigint not null,
    saved_at bigint not null,
    saved_by text not null,
    note text not null,
    settings text not null,
    primary key (connection, module, version)
);
insert into setting_version (connection, module, version, saved_at, saved_by, note, settings)
select connection, module, 1, updated_at, 'configuration', 'from the configuration', settings from setting;

-- The version in force: whoever saves over another one than it was made from is refused.
alter table setting add column version bigint not null default 1;
