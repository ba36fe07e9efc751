-- name: add_service
-- A service.
insert into services (id, name, description, tier, team_id, escalation_policy_id, runbook_url, urgency)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: change_service
-- Everything but its history.
update services set name = $2, description = $3, tier = $4, team_id = $5, escalation_policy_id = $6,
    runbook_url = $7, urgency = $8
where id = $1 and archived_at is null

-- name: archive_service
-- Out of use; alerts and incidents keep it.
update services set archived_at = clock() where id = $1 and archived_at is null returning name

-- name: services
-- row: Service
-- All in use: by tier, then name.
select id, name, description, tier, team_id, escalation_policy_id, runbook_url, urgency, created_at, archived_at
from services where archived_at is null order by tier, lower(name)

-- name: service_by_id
-- row: Service
-- One, also when it is archived.
select id, name, description, tier, team_id, escalation_policy_id, runbook_url, urgency, created_at, archived_at
from services where id = $1

-- name: service_by_name
-- row: Service
-- One in use, without case.
select id, name, description, tier, team_id, escalation_policy_id, runbook_url, urgency, created_at, archived_at
from services where lower(name) = lower($1) and archived_at is null

-- name: add_integration
-- A source.
insert into integrations (id, name, format, scope, service_id) values ($1, $2, $3, $4, $5)

-- name: change_integration
-- Its name and the service that its alerts are about unless a route says otherwise.
update integrations set name = $2, service_id = $3 where id = $1 and revoked_at is null

-- name: add_key
-- The key is stored only as its hash. None for an integration that was revoked.
insert into integration_keys (hash, integration_id, hint)
select $1::bytea, id, $3 from integrations where id = $2 and revoked_at is null

-- name: revoke_key
-- One key, named by its hint.
update integration_keys set revoked_at = clock()
where integration_id = $1 and hint = $2 and revoked_at is null

-- name: revoke_integration
-- With all its keys.
with keys as (
    update integration_keys set revoked_at = clock() where integration_id = $1 and revoked_at is null
)
update integrations set revoked_at = clock() where id = $1 and revoked_at is null returning name

-- name: integration_by_key
-- row: Integration
-- engine
-- Whose key it is, if it is in force.
select i.id, i.name, i.format, i.scope, i.service_id, i.created_at, i.revoked_at
from integration_keys k join integrations i on i.id = k.integration_id
where k.hash = $1 and k.revoked_at is null and i.revoked_at is null

-- name: integration_by_id
-- row: Integration
-- One of them.
select id, name, format, scope, service_id, created_at, revoked_at from integrations where id = $1

-- name: integrations
-- row: Integration
-- All in force, by name.
select id, name, format, scope, service_id, created_at, revoked_at
from integrations where revoked_at is null order by lower(name)

-- name: integrations_with_health
-- row: IntegrationHealth
-- All in force, with their keys and what came in last.
select i.id, i.name, i.format, i.service_id, i.created_at, h.last_event_at, h.last_error_at, h.last_error,
    array(select k.hint from integration_keys k
          where k.integration_id = i.id and k.revoked_at is null order by k.created_at) as keys
from integrations i left join integration_health h on h.integration_id = i.id
where i.revoked_at is null order by lower(i.name)

-- name: note_event
-- What came in; called at most every few seconds per integration and process.
insert into integration_health (integration_id, last_event_at) values ($1, clock())
on conflict (integration_id) do update set last_event_at = excluded.last_event_at

-- name: note_error
-- What could not be understood.
insert into integration_health (integration_id, last_error_at, last_error) values ($1, clock(), $2)
on conflict (integration_id) do update
set last_error_at = excluded.last_error_at, last_error = excluded.last_error

-- name: routes
-- row: Route
-- In order.
select id, position, integration_id, label, value, service_id from routes order by position, id

-- name: add_route
-- At the end.
insert into routes (id, position, integration_id, label, value, service_id)
values ($1, (select coalesce(max(position), 0) + 1 from routes), $2, $3, $4, $5)

-- name: remove_route
-- Away with it.
delete from routes where id = $1
