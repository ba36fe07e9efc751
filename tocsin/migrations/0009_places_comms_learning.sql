-- Places of an incident, the public status page, and what was learned.

create table places (
    incident_id uuid not null references incidents on delete cascade,
    kind text not null check (kind in ('chat', 'video', 'notes', 'ticket')),
    state text not null check (state in ('opening', 'open', 'failed')),
    provider text not null,
    url text not null default '',
    error text not null default '',
    opened_at timestamptz,
    primary key (incident_id, kind)
);

create table notes_pages (
    incident_id uuid primary key references incidents on delete cascade,
    body text not null default '' check (length(body) <= 500000),
    version integer not null default 1,
    updated_at timestamptz not null default clock(),
    updated_by text not null default ''
);

create table notes_versions (
    incident_id uuid not null references incidents on delete cascade,
    version integer not null,
    body text not null,
    at timestamptz not null default clock(),
    author text not null,
    primary key (incident_id, version)
);

create table status_page (
    singleton boolean primary key default true check (singleton),
    id text not null,
    name text not null default 'Status',
    description text not null default '',
    time_zone text not null default 'UTC',
    created_at timestamptz not null default clock(),
    updated_at timestamptz not null default clock()
);
insert into status_page (id) select substr(md5(random()::text), 1, 12);

create table components (
    id text primary key check (id ~ '^[0-9a-z]{12}$'),
    name text not null check (length(name) between 1 and 100),
    description text not null default '' check (length(description) <= 1000),
    service_id uuid references services on delete set null,
    status text not null default 'operational' check (
        status in ('operational', 'degraded_performance', 'partial_outage', 'major_outage', 'under_maintenance')),
    position integer not null default 0,
    created_at timestamptz not null default clock(),
    updated_at timestamptz not null default clock(),
    archived_at timestamptz
);
create unique index components_name on components (lower(name)) where archived_at is null;

-- The public face of an incident. Only words written for the public are ever copied here.
create table publications (
    id text primary key check (id ~ '^[0-9a-z]{12}$'),
    incident_id uuid not null unique references incidents on delete cascade,
    title text not null check (length(title) between 1 and 200),
    status text not null check (status in ('investigating', 'identified', 'monitoring', 'resolved', 'postmortem')),
    impact text not null check (impact in ('none', 'minor', 'major', 'critical')),
    started_at timestamptz not null,
    created_at timestamptz not null default clock(),
    updated_at timestamptz not null default clock(),
    next_update_at timestamptz,
    monitoring_at timestamptz,
    resolved_at timestamptz,
    hidden_at timestamptz
);
create index publications_created_at on publications (created_at desc);

create table publication_updates (
    id text primary key check (id ~ '^[0-9a-z]{12}$'),
    publication_id text not null references publications on delete cascade,
    update_id uuid unique references incident_updates on delete set null,
    status text not null,
    body text not null,
    created_at timestamptz not null default clock(),
    affected jsonb not null default '[]'
);
create index publication_updates_publication_id on publication_updates (publication_id, created_at desc);

create table publication_components (
    publication_id text not null references publications on delete cascade,
    component_id text not null references components on delete cascade,
    status text not null,
    primary key (publication_id, component_id)
);

create table postmortems (
    id uuid primary key,
    incident_id uuid not null unique references incidents on delete cascade,
    status text not null default 'draft' check (status in ('draft', 'review', 'approved', 'published')),
    owner_id uuid references users on delete set null,
    -- The handbook's fields by name: text each.
    fields jsonb not null default '{}',
    -- The entries that stand in the document's timeline, by number.
    timeline integer[] not null default '{}',
    version integer not null default 1,
    created_at timestamptz not null default clock(),
    updated_at timestamptz not null default clock(),
    updated_by text not null default ''
);

create table actions (
    id uuid primary key,
    postmortem_id uuid not null references postmortems on delete cascade,
    title text not null check (length(title) between 1 and 300),
    owner_id uuid references users on delete set null,
    priority boolean not null default false,
    due_on date,
    done_at timestamptz,
    created_at timestamptz not null default clock()
);
create index actions_postmortem_id on actions (postmortem_id);
