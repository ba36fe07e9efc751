-- name: lock_doc
-- The document, locked: updates are numbered one after the other.
select incident_id, seq, snapshot, snapshot_seq, versioned_at from notes_docs where incident_id = $1 for update

-- name: lock_page
-- The page as text, locked; the document is made from it once.
select body, version from notes_pages where incident_id = $1 for update

-- name: begin_doc
-- The document of a page, from its text.
insert into notes_docs (incident_id, snapshot) values ($1, $2) on conflict do nothing

-- name: updates_after
-- engine
-- What came after a number, in order.
select seq, update from notes_updates where incident_id = $1 and seq > $2 order by seq

-- name: state
-- engine
-- The document's newest number, and what is needed after a number: the snapshot when that is older, and what came since. In one
-- statement, so that no compaction comes between.
select d.seq, case when $2 < d.snapshot_seq or $2 = 0 then d.snapshot end as snapshot,
       coalesce((select array_agg(u.update order by u.seq) from notes_updates u
                 where u.incident_id = d.incident_id and u.seq > greatest($2, d.snapshot_seq)), '{}') as updates
from notes_docs d where d.incident_id = $1

-- name: heads
-- engine
-- The newest numbers of some documents.
select incident_id, seq from notes_docs where incident_id = any($1::uuid[])

-- name: append
-- One update; the document's number is its own.
with next as (update notes_docs set seq = seq + 1 where incident_id = $1 returning seq)
insert into notes_updates (incident_id, seq, update, author_id, author) select $1, seq, $2, $3, $4 from next returning seq

-- name: compact
-- Everything in one piece; what it holds need not stand beside, but for the last few, which processes may still pass on.
with kept as (update notes_docs set snapshot = $2, snapshot_seq = seq where incident_id = $1 returning seq)
delete from notes_updates u using kept where u.incident_id = $1 and u.seq <= kept.seq - 50

-- name: set_text
-- What the document says now.
update notes_pages set body = $2, updated_at = clock(), updated_by = $3 where incident_id = $1

-- name: keep_version
-- A text worth keeping: what stood before a new stretch of writing, or what somebody saved.
with page as (
    update notes_pages set version = version + 1 where incident_id = $1 returning version
), doc as (
    update notes_docs set versioned_at = clock() where incident_id = $1
)
insert into notes_versions (incident_id, version, body, author) select $1, version, $2, $3 from page returning version

-- name: versions
-- row: NotesVersion
-- The kept texts, the newest first.
select version, at, author, length(body) as characters from notes_versions where incident_id = $1 order by version desc limit 200

-- name: version
-- One kept text.
select body from notes_versions where incident_id = $1 and version = $2

-- name: put_cursor
-- Where somebody is now.
insert into notes_cursors (incident_id, client, user_id, name, place) values ($1, $2, $3, $4, $5)
on conflict (incident_id, client) do update set place = excluded.place, at = clock()
where notes_cursors.user_id = excluded.user_id

-- name: drop_cursor
-- Somebody left.
delete from notes_cursors where incident_id = $1 and (client = $2 or at < clock() - interval '1 minute')

-- name: cursors
-- Who is where.
select client, name, place from notes_cursors where incident_id = $1 and at > clock() - interval '30 seconds' order by name limit 50
