-- name: newest
-- The organisation's newest version; nothing while it has none of its own.
select version, body from playbook_versions order by version desc limit 1

-- name: version
-- One version's text.
select version, body from playbook_versions where version = $1

-- name: versions
-- row: Version
-- All versions, the newest first.
select version, why, author, at from playbook_versions order by version desc limit 100

-- name: add
-- A new version, if the newest is still the one that it was made from.
insert into playbook_versions (version, body, why, author_id, author)
select $1 + 1, $2, $3, $4, $5
where $1 = coalesce((select max(version) from playbook_versions), 0)
on conflict do nothing returning version

-- name: followed
-- Which version an incident follows.
select version from incident_playbooks where incident_id = $1

-- name: follow
-- It follows this one from now on.
insert into incident_playbooks (incident_id, version) values ($1, $2)
on conflict (incident_id) do update set version = excluded.version

-- name: evident
-- row: Seen
-- Entries of an incident that may show a step done, in order.
select seq, kind, happened_at, actor, payload from entries
where stream = $1 and kind = any($2::text[]) and redacted_at is null order by seq limit 2000

-- name: marks
-- row: Mark
-- What people said about its steps.
select step, state, note, by_name, at, seq from incident_steps where incident_id = $1

-- name: mark
-- What somebody says about a step.
insert into incident_steps (incident_id, step, state, note, by_id, by_name, at, seq) values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (incident_id, step) do update set state = excluded.state, note = excluded.note, by_id = excluded.by_id,
    by_name = excluded.by_name, at = excluded.at, seq = excluded.seq

-- name: unmark
-- Nobody says anything about it any more.
delete from incident_steps where incident_id = $1 and step = $2 returning true

-- name: forget_note
-- The words of a step's note are gone; that the step was checked stays.
update incident_steps set note = '' where incident_id = $1 and seq = $2 and note <> ''
