-- name: whom_to_nudge
-- engine
-- Whoever has an item that went quiet or is late, if they may see its incident.
select t.owner_id, i.key, i.private, t.text, t.kind, t.seq
from unnest($1::uuid[], $2::integer[]) as n (incident_id, seq)
join incident_items t on t.incident_id = n.incident_id and t.seq = n.seq and t.state = 'open'
join incidents i on i.id = t.incident_id and i.resolved_at is null and may_see_incident(i, t.owner_id)
where t.owner_id is not null

-- name: owed
-- engine
-- The incident whose update is still owed for that moment, and the clock of whoever owes it.
select i.key, i.private, u.time_zone from incidents i, users u
where i.id = $1::uuid and u.id = $2 and i.resolved_at is null and i.update_due_at = $3 and may_see_incident(i, u.id)
