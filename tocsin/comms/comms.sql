-- name: page
-- row: StatusPage
-- The one page.
select id, name, description, time_zone, created_at, updated_at from status_page

-- name: change_page
-- Its words.
update status_page set name = $1, description = $2, time_zone = $3, updated_at = clock()

-- name: components
-- row: Component
-- Those in use, in order.
select id, name, description, service_id, status, position, created_at, updated_at
from components where archived_at is null order by position, created_at

-- name: component
-- row: Component
-- One in use, for a change.
select id, name, description, service_id, status, position, created_at, updated_at
from components where id = $1 and archived_at is null for update

-- name: add_component
-- At the end of the list.
insert into components (id, name, description, service_id, position)
select $1, $2, $3, $4, coalesce(max(position), 0) + 1 from components

-- name: set_component_status
-- As people see it now.
update components set status = $2, updated_at = clock() where id = $1 and archived_at is null

-- name: archive_component
-- Out of use; history keeps it.
update components set archived_at = clock() where id = $1 and archived_at is null

-- name: touch_page
-- Something on it changed.
update status_page set updated_at = clock()

-- name: publication_of
-- row: PublicationRow
-- The public face of an incident, for a change.
select id, title, status, impact, started_at, created_at, updated_at, next_update_at, monitoring_at, resolved_at
from publications where incident_id = $1 for update

-- name: add_publication
-- The public hears of an incident for the first time.
insert into publications (id, incident_id, title, status, impact, started_at, next_update_at)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: change_publication
-- What the newest update says.
update publications set title = $2, status = $3, impact = $4, next_update_at = $5, updated_at = clock(),
    monitoring_at = case when $3 = 'monitoring' then coalesce(monitoring_at, clock()) else monitoring_at end,
    resolved_at = case when $3 = 'resolved' then coalesce(resolved_at, clock()) end
where id = $1

-- name: hand_over
-- A publication goes on as that of another incident, which has none.
update publications set incident_id = $2, next_update_at = $3, updated_at = clock() where id = $1

-- name: hand_over_components
-- What one publication is about, another one is about as well.
insert into publication_components (publication_id, component_id, status)
select $2, component_id, status from publication_components where publication_id = $1
on conflict (publication_id, component_id) do nothing

-- name: add_public_update
-- One update; the same one never twice.
insert into publication_updates (id, publication_id, update_id, status, body, affected)
values ($1, $2, $3, $4, $5, $6)
on conflict (update_id) do nothing returning true

-- name: affect
-- A publication is about this component.
insert into publication_components (publication_id, component_id, status) values ($1, $2, $3)
on conflict (publication_id, component_id) do update set status = excluded.status

-- name: affected_only_by
-- row: Component
-- Components that only this publication still holds down.
select c.id, c.name, c.description, c.service_id, c.status, c.position, c.created_at, c.updated_at
from publication_components a join components c on c.id = a.component_id
where a.publication_id = $1 and c.status <> 'operational' and c.archived_at is null and not exists (
    select from publication_components o join publications p on p.id = o.publication_id
    where o.component_id = c.id and p.id <> $1 and p.resolved_at is null and p.hidden_at is null
)

-- name: current
-- row: PublicationRow
-- engine
-- What is going on, newest first.
select id, title, status, impact, started_at, created_at, updated_at, next_update_at, monitoring_at, resolved_at
from publications
where created_at > clock() - interval '1 year' and resolved_at is null and hidden_at is null
order by created_at desc limit 50

-- name: past
-- row: PublicationRow
-- engine
-- What was, newest first.
select id, title, status, impact, started_at, created_at, updated_at, next_update_at, monitoring_at, resolved_at
from publications
where created_at > clock() - make_interval(days => $1) and resolved_at is not null and hidden_at is null
order by created_at desc limit 100

-- name: publication
-- row: PublicationRow
-- One of them.
select id, title, status, impact, started_at, created_at, updated_at, next_update_at, monitoring_at, resolved_at
from publications where id = $1 and hidden_at is null

-- name: updates_of
-- row: PublicUpdate
-- The updates of several publications, newest first.
select id, publication_id, status, body, created_at, affected
from publication_updates where publication_id = any ($1::text[]) order by created_at desc, id

-- name: components_of
-- Which components publications are about.
select publication_id, component_id from publication_components where publication_id = any ($1::text[])
