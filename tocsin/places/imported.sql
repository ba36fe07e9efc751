-- name: bring
-- The notes page of an imported incident, as it was there.
insert into notes_pages (incident_id, body, updated_by) values ($1, $2, $3) on conflict (incident_id) do nothing
