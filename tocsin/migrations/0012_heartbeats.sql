-- Heartbeats: what should report regularly, and when it was heard last.

create table heartbeats (
    id uuid primary key,
    name text not null check (length(name) between 1 and 100),
    description text not null default '' check (length(description) <= 2000),
    service_id uuid references services on delete set null,
    -- A ping is due so many seconds after the one before, and is missed when the grace has passed too.
    interval_s integer not null check (interval_s between 30 and 31622400),
    grace_s integer not null check (grace_s between 0 and 604800),
    priority smallint not null default 3 check (priority between 1 and 5),
    -- Raised for another address: links with an older number do not ping any more.
    address_number integer not null default 1,
    created_at timestamptz not null default clock(),
    -- Null until the first ping: monitoring starts there.
    last_ping_at timestamptz,
    last_ping_from text not null default '' check (length(last_ping_from) <= 100),
    -- When it is missed unless somebody pings; null while nothing is expected.
    due_at timestamptz,
    missed_at timestamptz,
    paused_at timestamptz,
    archived_at timestamptz
);
create unique index heartbeats_name on heartbeats (lower(name)) where archived_at is null;
create index heartbeats_due_at on heartbeats (due_at) where due_at is not null;

-- When somebody last looked whether heartbeats were missed: pings that came meanwhile found nobody.
create table heartbeat_watch (
    one boolean primary key default true check (one),
    looked_at timestamptz not null default clock()
);
insert into heartbeat_watch default values;
