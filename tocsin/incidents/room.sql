-- name: for_watchers
-- row: Incident
-- engine
-- One incident by its id, for what is rendered once for all who watch it; each of them was asked for on the way out.
select id, key, summary, severity, status, impact, reporter_contact, products, service_id, private, declared_by,
       impact_started_at, detected_at, declared_at, acknowledged_at, first_update_at, mitigated_at, resolved_at,
       update_due_at, update_missed_at, sub_status, merged_into, type, fields, head
from incidents where id = $1

-- name: heads
-- engine
-- The newest numbers of some records.
select id, head from incidents where id = any($1::uuid[])
