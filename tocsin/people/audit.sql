-- name: note
-- One administrative act.
insert into audit_entries (actor_id, actor, door, verb, subject, before, after)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: entries
-- row: AuditEntry
-- Newest first, from a place on.
select id, at, actor, door, verb, subject, before, after
from audit_entries where id < $1 order by id desc limit $2
