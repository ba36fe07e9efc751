-- Types of incidents, and fields of the organisation's own.

create table incident_types (
    -- What the record calls it; its title may change.
    name text primary key check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    title text not null check (length(title) between 1 and 60),
    position integer not null,
    hint text not null default '' check (length(hint) <= 300),
    -- Private from the start: what is declared with this type.
    private boolean not null default false,
    archived_at timestamptz
);
create unique index incident_types_title on incident_types (lower(title)) where archived_at is null;

create table incident_fields (
    name text primary key check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    title text not null check (length(title) between 1 and 60),
    position integer not null,
    kind text not null check (kind in ('text', 'number', 'yes_no', 'choice', 'choices', 'date', 'person', 'link')),
    -- What can be chosen, for `choice` and `choices`.
    options text[] not null default '{}' check (cardinality(options) <= 100),
    hint text not null default '' check (length(hint) <= 300),
    -- When people are asked for it: nothing ever waits for the answer.
    asked text not null default 'never' check (asked in ('declare', 'resolve', 'never')),
    -- For incidents of these types; empty: for all.
    types text[] not null default '{}',
    archived_at timestamptz
);
create unique index incident_fields_title on incident_fields (lower(title)) where archived_at is null;

alter table incidents
    -- squawk-ignore adding-foreign-key-constraint
    add column type text references incident_types,
    -- By the name of the field; what a person is, is `{"id": ..., "name": ...}`.
    add column fields jsonb not null default '{}' check (jsonb_typeof(fields) = 'object');
-- squawk-ignore require-concurrent-index-creation
create index incidents_type on incidents (type) where type is not null;

-- Lists show and filter by the type. The function before it stays: processes of the version before ask it while this one starts.
create function listed_incidents(viewer uuid) returns table (
    id uuid, key text, summary text, severity smallint, status text, private boolean, declared_at timestamptz,
    resolved_at timestamptz, update_due_at timestamptz, manager text, service text, service_id uuid, type text, type_title text
) language sql stable
begin atomic
    select i.id, i.key, i.summary, i.severity, i.status, i.private, i.declared_at, i.resolved_at, i.update_due_at,
           u.name, s.name, i.service_id, i.type, t.title
    from incidents i
    left join incident_roles r on r.incident_id = i.id and r.role = 'incident_manager'
    left join users u on u.id = r.user_id
    left join services s on s.id = i.service_id
    left join incident_types t on t.name = i.type
    where may_see_incident(i, viewer);
end;
