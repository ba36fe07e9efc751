-- Incidents: one row each, whose every change has its entry.

create table incident_numbers (
    singleton boolean primary key default true check (singleton),
    last integer not null default 0
);
insert into incident_numbers default values;

create table incidents (
    id uuid primary key,
    -- INC-42; private incidents get a random key instead, so that a number tells nothing.
    key text not null unique,
    summary text not null check (length(summary) between 1 and 300),
    severity smallint not null check (severity between 1 and 3),
    status text not null check (status in ('investigating', 'identified', 'mitigated', 'monitoring', 'resolved')),
    impact text not null default '' check (length(impact) <= 5000),
    reporter_contact text not null default '' check (length(reporter_contact) <= 500),
    products text[] not null default '{}',
    service_id uuid references services on delete set null,
    private boolean not null default false,
    drill boolean not null default false,
    declared_by uuid references users on delete set null,
    -- The times it keeps. One that nobody knows stays empty.
    impact_started_at timestamptz,
    detected_at timestamptz,
    declared_at timestamptz not null,
    acknowledged_at timestamptz,
    first_update_at timestamptz,
    mitigated_at timestamptz,
    resolved_at timestamptz,
    -- The update clock: when the next update was promised, and whether its miss is already in the record.
    update_due_at timestamptz,
    update_missed_at timestamptz,
    head integer not null default 1,
    constraint incidents_head foreign key (id, head) references entries (stream, seq) deferrable initially deferred
);
create trigger incidents_head_moves before update on incidents for each row execute function head_moves_by_one();
create index incidents_open on incidents (severity, declared_at desc) where resolved_at is null;
create index incidents_declared_at on incidents (declared_at desc);
create index incidents_update_due_at on incidents (update_due_at)
    where resolved_at is null and update_missed_at is null;
create index incidents_summary on incidents using gin (summary gin_trgm_ops);

-- Who may see a private incident, beside those with a role in it.
create table incident_members (
    incident_id uuid not null references incidents on delete cascade,
    user_id uuid not null references users on delete cascade,
    primary key (incident_id, user_id)
);

create table incident_roles (
    incident_id uuid not null references incidents on delete cascade,
    role text not null check (role in ('incident_manager', 'tech_lead', 'communications_manager', 'scribe')),
    user_id uuid not null references users on delete cascade,
    since timestamptz not null default clock(),
    primary key (incident_id, role)
);
create index incident_roles_user_id on incident_roles (user_id);

create table incident_responders (
    incident_id uuid not null references incidents on delete cascade,
    user_id uuid not null references users on delete cascade,
    joined_at timestamptz not null default clock(),
    left_at timestamptz,
    primary key (incident_id, user_id)
);

create table incident_alerts (
    incident_id uuid not null references incidents on delete cascade,
    alert_id uuid not null references alerts on delete cascade,
    linked_at timestamptz not null default clock(),
    primary key (incident_id, alert_id)
);
create index incident_alerts_alert_id on incident_alerts (alert_id);

create table incident_updates (
    id uuid primary key,
    incident_id uuid not null references incidents on delete cascade,
    seq integer not null,
    audience text not null check (audience in ('responders', 'stakeholders', 'public')),
    -- State and impact in one or two sentences; then bullets.
    state text not null check (length(state) between 1 and 2000),
    status_now text[] not null default '{}',
    next_steps text[] not null default '{}',
    unknowns text not null default '',
    status text not null,
    next_update_at timestamptz,
    author_id uuid references users on delete set null,
    author text not null,
    created_at timestamptz not null default clock()
);
create index incident_updates_incident_id on incident_updates (incident_id, created_at desc);

-- Who has the room open right now; rows older than a minute mean nobody.
create table presence (
    incident_id uuid not null references incidents on delete cascade,
    user_id uuid not null references users on delete cascade,
    seen_at timestamptz not null default clock(),
    primary key (incident_id, user_id)
);

-- The one visibility predicate: asked by every query that shows, counts or links incidents.
create function may_see_incident(incident incidents, viewer uuid) returns boolean language sql stable
return not incident.private or exists (
    select from incident_members m where m.incident_id = incident.id and m.user_id = viewer
) or exists (
    select from incident_roles r where r.incident_id = incident.id and r.user_id = viewer
) or coalesce(incident.declared_by = viewer, false);

-- What lists show of the incidents that a viewer may see; inlined into the statements that filter and sort it.
create function incident_cards(viewer uuid) returns table (
    id uuid, key text, summary text, severity smallint, status text, private boolean, declared_at timestamptz,
    resolved_at timestamptz, update_due_at timestamptz, manager text, service text, service_id uuid
) language sql stable
begin atomic
    select i.id, i.key, i.summary, i.severity, i.status, i.private, i.declared_at, i.resolved_at, i.update_due_at,
           u.name, s.name, i.service_id
    from incidents i
    left join incident_roles r on r.incident_id = i.id and r.role = 'incident_manager'
    left join users u on u.id = r.user_id
    left join services s on s.id = i.service_id
    where may_see_incident(i, viewer);
end;
