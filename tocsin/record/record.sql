-- name: append
-- One entry; seq comes from the counter on the stream's own row, raised by the same transaction.
insert into entries (stream, stream_type, seq, kind, happened_at, actor_id, actor, door, payload, amends)
values ($1, $2, $3, $4, coalesce($5::timestamptz, clock()), $6, $7, $8, $9, $10)

-- name: append_first_batch
-- The first entries of many new streams at once; used by intake.
insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)
select t.stream, $1, 1, $2, clock(), t.actor, 'intake', t.payload
from unnest($3::uuid[], $4::text[], $5::jsonb[]) as t (stream, actor, payload)

-- name: add_following_work
-- What subscribes to a kind becomes due in the same transaction.
insert into work (kind, payload) select kind, $2 from unnest($1::text[]) as kind

-- name: entries_after
-- row: Entry
-- engine
-- A stream from a place on, in order; for the first page, catching up and export.
select stream, stream_type, seq, kind, happened_at, recorded_at, actor_id, actor, door, payload, amends,
       redacted_at, redacted_by, redaction_reason
from entries where stream = $1 and seq > $2 order by seq limit $3

-- name: entries_before
-- row: Entry
-- engine
-- The newest entries before a place, newest first; for opening a long record at its end.
select stream, stream_type, seq, kind, happened_at, recorded_at, actor_id, actor, door, payload, amends,
       redacted_at, redacted_by, redaction_reason
from entries where stream = $1 and seq < $2 order by seq desc limit $3

-- name: redact
-- Hides the words and leaves the entry: who, when and that there was something.
update entries set payload = '{}', redacted_at = clock(), redacted_by = $3, redaction_reason = $4
where stream = $1 and seq = $2 and redacted_at is null
