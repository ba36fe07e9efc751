-- What people work on in an incident: claims, hypotheses, tasks, decisions, and what is known or not. Each begins with an entry,
-- whose number is its name.

-- How long a claim may show no sign of life before its owner is asked, by severity.
create function claim_stale_after(severity smallint) returns interval language sql immutable
return case severity when 1 then interval '15 minutes' when 2 then interval '30 minutes' else interval '1 hour' end;

create table incident_items (
    incident_id uuid not null references incidents on delete cascade,
    seq integer not null check (seq > 1),
    kind text not null check (kind in ('claim', 'hypothesis', 'task', 'decision', 'fact')),
    state text not null check (state in ('open', 'supported', 'disproved', 'done', 'dropped')),
    text text not null check (length(text) between 1 and 500),
    owner_id uuid references users on delete set null,
    owner text not null default '',
    service_id uuid references services on delete set null,
    why text not null default '' check (length(why) <= 1000),
    undo text not null default '' check (length(undo) <= 1000),
    outcome text not null default '' check (length(outcome) <= 1000),
    evidence text[] not null default '{}',
    due_at timestamptz,
    -- The last sign of life, and when its owner was asked for one.
    fresh_at timestamptz not null,
    nudged_at timestamptz,
    primary key (incident_id, seq)
);
create index incident_items_owner_id on incident_items (owner_id) where state = 'open';
create index incident_items_waiting on incident_items (fresh_at) where state = 'open' and nudged_at is null;

-- Who works on a claim beside its owner.
create table incident_item_people (
    incident_id uuid not null,
    seq integer not null,
    user_id uuid not null references users on delete cascade,
    primary key (incident_id, seq, user_id),
    foreign key (incident_id, seq) references incident_items on delete cascade
);
create index incident_item_people_user_id on incident_item_people (user_id);
