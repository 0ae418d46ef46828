-- What the processes share of how each system may be called, a row for each connection and side.
create table gate (
    name text primary key,
    -- When the next request may be sent, in microseconds: the line of requests, which keeps to the rate.
    next_at bigint not null,
    -- Until when nothing is sent, as the system asked for that.
    paused_until bigint not null,
    -- Until when the system counts as down, and how often in a row it was found so; 0 when it is up.
    down_until bigint not null,
    downs bigint not null,
    -- What the system told last of its own limits, and when.
    minute_limit bigint,
    day_limit bigint,
    day_left bigint,
    told_at bigint not null
);
