-- name: search
-- row: tocsin.incidents.search.Found
-- engine
-- The newest entries that hold the words; who may see which is asked inside. Of an edited line the newest words, which were found.
select i.key, i.summary, e.seq, e.kind, e.happened_at, e.recorded_at, e.actor,
       case when n.text is null then e.payload else e.payload || jsonb_build_object(case when e.kind like '%\_attached' then 'caption' else 'text' end, n.text) end as payload
from find_entries($1, $2, $3, $4, $5) s
join entries e on e.stream = s.stream and e.seq = s.seq
join incidents i on i.id = s.stream
left join lateral (
    select x.payload -> 'text' as text from entry_ties t join entries x on x.stream = t.incident_id and x.seq = t.by_seq
    where t.incident_id = s.stream and t.seq = s.seq and t.how = 'edit' and x.redacted_at is null order by t.by_seq desc limit 1
) n on true
order by e.recorded_at desc, e.seq desc

-- name: forward
-- row: tocsin.record.model.Entry
-- engine
-- Entries of a record by kind, words and number, the first ones.
select e.stream, e.stream_type, e.seq, e.kind, e.happened_at, e.recorded_at, e.actor_id, e.actor, e.door, e.payload, e.amends,
       e.redacted_at, e.redacted_by, e.redaction_reason
from entries e left join entry_words w on w.stream = e.stream and w.seq = e.seq
where e.stream = $1 and ($2::text[] is null or e.kind = any ($2)) and ($3::text is null or w.words @@ to_tsquery('simple', $3)
       or said_in_transcript(e, $3))
  and e.seq > $4 and e.seq < $5
order by e.seq limit $6

-- name: backward
-- row: tocsin.record.model.Entry
-- engine
-- The same, the last ones, newest first.
select e.stream, e.stream_type, e.seq, e.kind, e.happened_at, e.recorded_at, e.actor_id, e.actor, e.door, e.payload, e.amends,
       e.redacted_at, e.redacted_by, e.redaction_reason
from entries e left join entry_words w on w.stream = e.stream and w.seq = e.seq
where e.stream = $1 and ($2::text[] is null or e.kind = any ($2)) and ($3::text is null or w.words @@ to_tsquery('simple', $3)
       or said_in_transcript(e, $3))
  and e.seq > $4 and e.seq < $5
order by e.seq desc limit $6

-- name: by_time
-- row: tocsin.record.model.Entry
-- engine
-- Entries of a record in the order in which things happened.
select e.stream, e.stream_type, e.seq, e.kind, e.happened_at, e.recorded_at, e.actor_id, e.actor, e.door, e.payload, e.amends,
       e.redacted_at, e.redacted_by, e.redaction_reason
from entries e left join entry_words w on w.stream = e.stream and w.seq = e.seq
where e.stream = $1 and ($2::text[] is null or e.kind = any ($2)) and ($3::text is null or w.words @@ to_tsquery('simple', $3)
       or said_in_transcript(e, $3))
  and ($4::timestamptz is null or e.happened_at >= $4)
order by e.happened_at, e.seq limit $5

-- name: together
-- row: tocsin.record.model.Entry
-- engine
-- The same of several records, as one.
select e.stream, e.stream_type, e.seq, e.kind, e.happened_at, e.recorded_at, e.actor_id, e.actor, e.door, e.payload, e.amends,
       e.redacted_at, e.redacted_by, e.redaction_reason
from entries e left join entry_words w on w.stream = e.stream and w.seq = e.seq
where e.stream = any ($1) and ($2::text[] is null or e.kind = any ($2)) and ($3::text is null or w.words @@ to_tsquery('simple', $3))
  and ($4::timestamptz is null or e.happened_at >= $4)
order by e.happened_at, e.stream, e.seq limit $5

-- name: seq_at
-- engine
-- The first entry at or after a moment by when things were written; the last one when all are earlier.
select coalesce(
    (select min(seq) from entries where stream = $1 and recorded_at >= $2),
    (select max(seq) from entries where stream = $1)
)

-- name: lines_of
-- row: tocsin.incidents.search.FoundLine
-- engine
-- Lines of one incident's transcripts that hold the words, in the order in which they were said.
select i.key, i.summary, c.seq, c.n, c.speaker, c.text, t.began_at + c.starts_ms * interval '1 millisecond' as said_at
from transcript_cues c
join incident_transcripts t on t.incident_id = c.incident_id and t.seq = c.seq
join incidents i on i.id = c.incident_id
where c.incident_id = $1 and c.words @@ to_tsquery('simple', $2)
order by said_at, c.n limit $3

-- name: lines
-- row: tocsin.incidents.search.FoundLine
-- engine
-- Lines of any transcript that hold the words; who may see which is asked inside.
select i.key, i.summary, c.seq, c.n, c.speaker, c.text, t.began_at + c.starts_ms * interval '1 millisecond' as said_at
from search_cues($1, $2, $3) s
join transcript_cues c on c.incident_id = s.incident_id and c.seq = s.seq and c.n = s.n
join incident_transcripts t on t.incident_id = c.incident_id and t.seq = c.seq
join incidents i on i.id = c.incident_id
order by c.incident_id desc, c.seq desc, c.n
