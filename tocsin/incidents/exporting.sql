-- name: origin
-- Where an imported incident came from.
select export_id, origin_key, origin_url, imported_at, imported_by, carried from incident_imports where incident_id = $1

-- name: imported_as
-- The key of the incident that an export became here, if it did.
select i.key, i.id from incident_imports m join incidents i on i.id = m.incident_id where m.export_id = $1

-- name: keep_origin
-- Notes where an incident came from. Answers nothing when the same export was imported before.
insert into incident_imports (incident_id, export_id, origin_key, origin_url, imported_by, carried)
values ($1, $2, $3, $4, $5, $6) on conflict (export_id) do nothing returning incident_id

-- name: known_people
-- Which of these are people of this installation.
select id from users where id = any ($1::uuid[])

-- name: insert_incident
-- An imported incident as its entries say it stood; it has no clock and no places.
insert into incidents (id, key, summary, severity, status, impact, reporter_contact, products, private, declared_by,
                       impact_started_at, detected_at, declared_at, acknowledged_at, first_update_at, mitigated_at,
                       resolved_at, head, sub_status)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)

-- name: insert_entries
-- The entries as they came, with their numbers. Nothing follows them here: nobody is paged.
insert into entries (stream, stream_type, seq, kind, happened_at, recorded_at, actor_id, actor, door, payload, amends,
                     redacted_at, redacted_by, redaction_reason)
select $1, 'incident', t.seq, t.kind, t.happened_at, t.recorded_at, t.actor_id, t.actor, t.door, t.payload, t.amends,
       t.redacted_at, t.redacted_by, t.redaction_reason
from unnest($2::integer[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::uuid[], $7::text[], $8::text[], $9::jsonb[],
            $10::integer[], $11::timestamptz[], $12::text[], $13::text[])
    as t (seq, kind, happened_at, recorded_at, actor_id, actor, door, payload, amends, redacted_at, redacted_by, redaction_reason)
