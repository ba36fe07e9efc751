-- squawk-ignore-file require-concurrent-index-creation
-- Who may see a private incident: named people and teams. And how incidents end in, lead to, and belong to each other.

-- Members of a named team see a private incident while they are members of the team.
create table incident_teams (
    incident_id uuid not null references incidents on delete cascade,
    team_id uuid not null references teams on delete cascade,
    primary key (incident_id, team_id)
);
create index incident_teams_team_id on incident_teams (team_id);

-- Whoever declares a private incident is let in like everybody else, and can be taken out like everybody else.
insert into incident_members (incident_id, user_id)
select id, declared_by from incidents where private and declared_by is not null
on conflict do nothing;

-- The one visibility predicate, now with teams.
create or replace function may_see_incident(incident incidents, viewer uuid) returns boolean language sql stable
return not incident.private or exists (
    select from incident_members m where m.incident_id = incident.id and m.user_id = viewer
) or exists (
    select from incident_roles r where r.incident_id = incident.id and r.user_id = viewer
) or exists (
    select from incident_teams t join team_members m on m.team_id = t.team_id
    where t.incident_id = incident.id and m.user_id = viewer
);

-- A phrase under the status; and which incident it was merged into.
alter table incidents
    add column sub_status text not null default '' check (length(sub_status) <= 120),
    -- squawk-ignore adding-foreign-key-constraint
    add column merged_into uuid references incidents on delete set null,
    add constraint incidents_merged_elsewhere check (merged_into is null or merged_into <> id) not valid;
create index incidents_merged_into on incidents (merged_into) where merged_into is not null;

-- Incidents that have to do with each other; read from both ends.
create table incident_links (
    incident_id uuid not null references incidents on delete cascade,
    other_id uuid not null references incidents on delete cascade,
    -- What the first one is to the other.
    relation text not null check (relation in ('related', 'caused_by', 'duplicate_of', 'follows_up', 'split_from')),
    primary key (incident_id, other_id),
    check (incident_id <> other_id)
);
create index incident_links_other_id on incident_links (other_id);

-- Whoever leaves a team loses what they saw only by it: rooms that watch are told to ask anew, in the same transaction.
create function incident_teams_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('tocsin', 'incident:' || t.incident_id) from incident_teams t where t.team_id = old.team_id;
    return null;
end $$;
create trigger incident_teams_changed after delete on team_members for each row execute function incident_teams_changed();
