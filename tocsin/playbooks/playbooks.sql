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

-- name: overdue
-- row: tocsin.playbooks.overdue.Facts
-- What tells what is overdue in an incident: its playbook, the tasks whose time has passed, the steps that somebody spoke about, and
-- of the entries that may be evidence the first of each sort, with the fields by which rules tell them apart.
select clock() as now, b.version, b.body,
       array(select t.seq from incident_items t where t.incident_id = $1 and t.kind = 'task' and t.state = 'open'
             and t.due_at <= clock() order by t.seq) as tasks,
       array(select m.step from incident_steps m where m.incident_id = $1) as marked,
       coalesce((select jsonb_agg(jsonb_build_object('seq', s.seq, 'kind', s.kind, 'payload', s.payload) order by s.seq) from (
           select min(e.seq) as seq, e.kind, jsonb_build_object('role', e.payload -> 'role', 'status', e.payload -> 'status',
               'audience', e.payload -> 'audience', 'place', e.payload -> 'place', 'service_id', e.payload -> 'service_id',
               'impact', left(e.payload ->> 'impact', 1)) as payload
           from entries e where e.stream = $1 and e.kind = any($2::text[]) and e.redacted_at is null
           group by 2, 3
       ) s), '[]') as seen
from (select clock()) one left join lateral (
    select v.version, v.body from playbook_versions v
    where v.version = coalesce((select f.version from incident_playbooks f where f.incident_id = $1),
                               (select max(n.version) from playbook_versions n))
) b on true
