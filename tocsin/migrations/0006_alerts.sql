-- Alerts: one row per problem, deduplicated by alias among the open ones of a scope.

create table alerts (
    id uuid primary key,
    -- The short number that people say.
    number bigint generated always as identity,
    scope uuid not null,
    alias text not null check (length(alias) between 1 and 512),
    integration_id uuid references integrations on delete set null,
    service_id uuid references services on delete set null,
    message text not null check (length(message) between 1 and 500),
    description text not null default '' check (length(description) <= 15000),
    source text not null default '' check (length(source) <= 200),
    entity text not null default '' check (length(entity) <= 512),
    priority smallint not null check (priority between 1 and 5),
    urgency text not null check (urgency in ('high', 'low')),
    tags text[] not null default '{}',
    details jsonb not null default '{}',
    link text not null default '' check (length(link) <= 2000),
    -- The words that were too long for their field: shown as clamped, never refused.
    clamped text[] not null default '{}',
    raw jsonb,
    count integer not null default 1,
    started_at timestamptz not null,
    created_at timestamptz not null default clock(),
    last_at timestamptz not null default clock(),
    -- Acknowledged, snoozed and closed are independent; the word is derived from them.
    acknowledged_at timestamptz,
    acknowledged_by text,
    owner_id uuid references users on delete set null,
    snoozed_until timestamptz,
    closed_at timestamptz,
    closed_by text,
    head integer not null default 1
);
create unique index alerts_open_alias on alerts (scope, alias) where closed_at is null;
create index alerts_created_at on alerts (created_at desc);
create index alerts_open on alerts (priority, created_at desc) where closed_at is null;
create index alerts_service_id on alerts (service_id, created_at desc);
create unique index alerts_number on alerts (number);

-- What became of each asynchronous request of an imitated API.
create table intake_requests (
    id uuid primary key,
    integration_id uuid,
    action text not null,
    status text not null,
    success boolean not null,
    alert_id uuid,
    alias text not null default '',
    processed_at timestamptz not null default clock()
);
create index intake_requests_processed_at on intake_requests (processed_at);
