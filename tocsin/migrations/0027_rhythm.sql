-- What each severity demands: how soon the first update, how often the next, when one is late, and how long a claim may be quiet.
-- Written when a playbook is applied; the handbook's numbers until then.

create table severity_settings (
    severity smallint primary key check (severity between 1 and 3),
    -- Minutes; absent where no rhythm is demanded.
    first_update_min integer check (first_update_min between 1 and 10080),
    cadence_min integer check (cadence_min between 1 and 10080),
    late_min integer not null check (late_min between 1 and 1440),
    stale_min integer not null check (stale_min between 1 and 10080)
);
insert into severity_settings values (1, 15, 30, 5, 15), (2, 15, 30, 5, 30), (3, null, null, 15, 60);

create or replace function claim_stale_after(severity smallint) returns interval language sql stable
return (select make_interval(mins => s.stale_min) from severity_settings s where s.severity = claim_stale_after.severity);

-- What was done about the promise that stands in the incident's row; a row about an earlier promise counts as none.
create table incident_update_clock (
    incident_id uuid primary key references incidents on delete cascade,
    due_at timestamptz not null,
    reminded_at timestamptz,
    paged_at timestamptz,
    late_paged_at timestamptz,
    alerts uuid[] not null default '{}'
);

-- The playbook's versions, each whole. The shipped one is version 0 and stands in the code.
create table playbook_versions (
    version integer primary key check (version > 0),
    body text not null check (length(body) <= 200000),
    why text not null default '' check (length(why) <= 500),
    author_id uuid references users on delete set null,
    author text not null,
    at timestamptz not null default clock()
);

-- Which version an incident follows, and since which severity.
create table incident_playbooks (
    incident_id uuid primary key references incidents on delete cascade,
    version integer not null
);

-- What people said about a step: done by hand, or not applicable. What the record itself shows stands in the record.
create table incident_steps (
    incident_id uuid not null references incidents on delete cascade,
    step text not null check (length(step) between 1 and 60),
    state text not null check (state in ('done', 'skipped')),
    note text not null default '' check (length(note) <= 500),
    by_id uuid references users on delete set null,
    by_name text not null,
    at timestamptz not null,
    seq integer not null,
    primary key (incident_id, step)
);
