-- name: postmortem_of
-- row: Postmortem
-- The document of an incident.
select id, incident_id, status, owner_id, fields, timeline, version, created_at, updated_at, updated_by
from postmortems where incident_id = $1

-- name: lock
-- row: Postmortem
-- One document, for a change.
select id, incident_id, status, owner_id, fields, timeline, version, created_at, updated_at, updated_by
from postmortems where id = $1 for update

-- name: insert
-- A draft; the second one is not made.
insert into postmortems (id, incident_id, owner_id, fields, timeline, updated_by)
values ($1, $2, $3, $4, $5, $6) on conflict (incident_id) do nothing returning true

-- name: edit
-- Saves unless somebody else did meanwhile.
update postmortems set fields = $2, version = version + 1, updated_at = clock(), updated_by = $4
where id = $1 and version = $3 returning version

-- name: choose_timeline
-- Which entries stand in the document.
update postmortems set timeline = $2, updated_at = clock(), updated_by = $3 where id = $1

-- name: set_status
-- How far it is.
update postmortems set status = $2, updated_at = clock(), updated_by = $3 where id = $1

-- name: add_action
-- What will be done.
insert into actions (id, postmortem_id, title, owner_id, priority, due_on) values ($1, $2, $3, $4, $5, $6)

-- name: finish_action
-- Done. Answers the document it belongs to.
update actions set done_at = coalesce(done_at, clock()) where id = $1

-- name: postmortem_of_action
-- Which document an action belongs to.
select postmortem_id from actions where id = $1

-- name: actions_of
-- row: ActionItem
-- In order of what is due.
select a.id, a.title, a.owner_id, u.name as owner, a.priority, a.due_on, a.done_at
from actions a left join users u on u.id = a.owner_id
where a.postmortem_id = $1 order by a.done_at is not null, a.priority desc, a.due_on nulls last, a.created_at
