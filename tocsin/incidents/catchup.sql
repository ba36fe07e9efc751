-- name: visit
-- row: tocsin.incidents.since.Visit
-- Somebody's visits of an incident.
select began_at, seen_at, seen_head, before_at, before_head from incident_visits where incident_id = $1 and user_id = $2

-- name: caught_up
-- Somebody has read what was new: it is not told again, until they come back another time.
update incident_visits set before_head = null, before_at = null, seen_at = clock(), seen_head = greatest(seen_head, $3)
where incident_id = $1 and user_id = $2

-- name: tallies
-- row: tocsin.incidents.since.Tally
-- engine
-- What others have written after an entry, by kind, with the first entry of each.
select kind, count(*) as entries, min(seq) as first
from entries where stream = $1 and seq > $2 and redacted_at is null and actor_id is distinct from $3
group by kind order by kind

-- name: told
-- row: tocsin.record.model.Entry
-- engine
-- The entries of some kinds after an entry, in order; for what is told by their words rather than counted.
select stream, stream_type, seq, kind, happened_at, recorded_at, actor_id, actor, door, payload, amends,
       redacted_at, redacted_by, redaction_reason
from entries where stream = $1 and seq > $2 and redacted_at is null and kind = any ($3::text[])
  and actor_id is distinct from $4
order by seq limit 500
