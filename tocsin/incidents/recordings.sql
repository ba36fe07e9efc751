-- name: recordings
-- row: tocsin.incidents.recording_read.Recording
-- engine
-- The recordings that were not taken out, by when they began.
select f.id, f.seq, f.name, f.media, f.size, f.began_at
from incident_files f join entries e on e.stream = f.incident_id and e.seq = f.seq and e.redacted_at is null
where f.incident_id = $1 and f.began_at is not null
order by f.began_at, f.seq

-- name: transcripts
-- row: tocsin.incidents.recording_read.Transcript
-- engine
-- The transcripts that were not taken out, by when they began.
select t.seq, t.name, t.began_at, t.length_ms, t.cues, t.speakers
from incident_transcripts t join entries e on e.stream = t.incident_id and e.seq = t.seq and e.redacted_at is null
where t.incident_id = $1 and ($2::integer is null or t.seq = $2)
order by t.began_at, t.seq

-- name: cues
-- row: tocsin.incidents.recording_read.CueRow
-- engine
-- Lines of a transcript from one on. An entry that puts a line on the timeline counts as long as its words are there.
select c.n, c.starts_ms, c.ends_ms, c.speaker, c.user_id, c.text,
       case when e.redacted_at is null then c.told_seq end as told_seq
from transcript_cues c left join entries e on e.stream = c.incident_id and e.seq = c.told_seq
where c.incident_id = $1 and c.seq = $2 and c.n >= $3
order by c.n limit $4

-- name: cue_at
-- engine
-- The line that was being said at an offset: the last one that begins by then, or the first.
select coalesce(
    (select max(n) from transcript_cues where incident_id = $1 and seq = $2 and starts_ms <= $3), 1)

-- name: call_began
-- When people said that they talk, if they did.
select began_at from incident_calls where incident_id = $1

-- name: add_transcript
-- A transcript; its entry has the same number.
insert into incident_transcripts (incident_id, seq, name, began_at, length_ms, cues, speakers)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: add_cues
-- Its lines, all at once.
insert into transcript_cues (incident_id, seq, n, starts_ms, ends_ms, speaker, user_id, text, told_seq)
select $1, $2, t.n, t.starts_ms, t.ends_ms, t.speaker, t.user_id, t.text, t.told_seq
from unnest($3::integer[], $4::integer[], $5::integer[], $6::text[], $7::uuid[], $8::text[], $9::integer[])
    as t (n, starts_ms, ends_ms, speaker, user_id, text, told_seq)

-- name: tell_cue
-- A line stands on the timeline now.
update transcript_cues set told_seq = $4 where incident_id = $1 and seq = $2 and n = $3

-- name: move_recordings
-- What began at a moment began at another one: recordings.
update incident_files set began_at = $3 where incident_id = $1 and began_at = $2

-- name: move_transcripts
-- And transcripts.
update incident_transcripts set began_at = $3 where incident_id = $1 and began_at = $2

-- name: drop_transcript
-- Its entry was taken out: its lines go at once.
delete from incident_transcripts where incident_id = $1 and seq = $2
