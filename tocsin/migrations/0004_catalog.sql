-- What can break, and where alerts come in.

create table services (
    id uuid primary key,
    name text not null check (length(name) between 1 and 100),
    description text not null default '' check (length(description) <= 10000),
    tier integer not null default 3 check (tier between 1 and 4),
    team_id uuid references teams on delete set null,
    escalation_policy_id uuid,
    runbook_url text not null default '' check (length(runbook_url) <= 2000),
    -- Overrides the urgency that follows from an alert's priority; null keeps it.
    urgency text check (urgency in ('high', 'low')),
    created_at timestamptz not null default clock(),
    archived_at timestamptz
);
create unique index services_name on services (lower(name)) where archived_at is null;
create index services_team_id on services (team_id);

create table integrations (
    id uuid primary key,
    name text not null check (length(name) between 1 and 100),
    format text not null,
    -- Alerts with the same alias in the same scope are one alert. Opsgenie keys share one scope by default.
    scope uuid not null,
    service_id uuid references services on delete set null,
    created_at timestamptz not null default clock(),
    revoked_at timestamptz
);
create unique index integrations_name on integrations (lower(name)) where revoked_at is null;

-- A key can be rotated without a gap: the old one works until it is revoked.
create table integration_keys (
    hash bytea primary key,
    integration_id uuid not null references integrations on delete cascade,
    hint text not null,
    created_at timestamptz not null default clock(),
    revoked_at timestamptz
);
create index integration_keys_integration_id on integration_keys (integration_id);

-- What came in last, apart from the integration so that intake never waits for somebody who edits it.
create table integration_health (
    integration_id uuid primary key references integrations on delete cascade,
    last_event_at timestamptz,
    last_error_at timestamptz,
    last_error text
);

-- Which service an alert is about, by one of its labels; the lowest position that matches wins.
create table routes (
    id uuid primary key,
    position integer not null,
    integration_id uuid references integrations on delete cascade,
    label text not null check (length(label) between 1 and 200),
    value text not null check (length(value) between 1 and 500),
    service_id uuid not null references services on delete cascade
);
