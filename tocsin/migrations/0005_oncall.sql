-- Who is on call when. Shifts are computed by pure functions and stored ahead of time.

create table schedules (
    id uuid primary key,
    name text not null check (length(name) between 1 and 100),
    description text not null default '',
    team_id uuid references teams on delete set null,
    time_zone text not null,
    -- Raised by each edit: two people who edit at once find out.
    version integer not null default 1,
    -- Shifts are stored up to here.
    materialised_until timestamptz,
    created_at timestamptz not null default clock(),
    archived_at timestamptz
);
create unique index schedules_name on schedules (lower(name)) where archived_at is null;

create table rotations (
    id uuid primary key,
    schedule_id uuid not null references schedules on delete cascade,
    name text not null default '',
    -- A higher position covers a lower one.
    position integer not null,
    kind text not null check (kind in ('daily', 'weekly')),
    length integer not null default 1 check (length between 1 and 52),
    handoff_time time not null,
    start_date date not null,
    ends_at timestamptz,
    window_start time,
    window_end time,
    check ((window_start is null) = (window_end is null)),
    unique (schedule_id, position) deferrable initially deferred
);

create table rotation_participants (
    rotation_id uuid not null references rotations on delete cascade,
    position integer not null,
    user_id uuid not null references users on delete cascade,
    primary key (rotation_id, position)
);
create index rotation_participants_user_id on rotation_participants (user_id);

create table overrides (
    id uuid primary key,
    schedule_id uuid not null references schedules on delete cascade,
    user_id uuid not null references users on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    created_at timestamptz not null default clock(),
    created_by uuid references users on delete set null,
    check (starts_at < ends_at)
);
create index overrides_schedule_id on overrides (schedule_id, ends_at);

create table shifts (
    schedule_id uuid not null references schedules on delete cascade,
    user_id uuid not null references users on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    rotation_id uuid,
    override_id uuid,
    check (starts_at < ends_at),
    -- One person holds a schedule at a time.
    exclude using gist (schedule_id with =, tstzrange(starts_at, ends_at) with &&)
);
create index shifts_schedule_id_ends_at on shifts (schedule_id, ends_at);
create index shifts_user_id_ends_at on shifts (user_id, ends_at);

-- Who is on call now: one indexed look-up, for one schedule or ten thousand.
create view on_call_now as
select schedule_id, user_id, starts_at, ends_at, rotation_id, override_id
from shifts where starts_at <= clock() and ends_at > clock();
