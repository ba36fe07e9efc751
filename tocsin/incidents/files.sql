-- name: weight
-- How many files, or how many recordings, an incident holds, and how heavy they are.
select count(*) as files, coalesce(sum(size), 0)::bigint as bytes from incident_files
where incident_id = $1 and (began_at is not null) = $2

-- name: insert
-- A file; its entry has the same number.
insert into incident_files (id, incident_id, seq, name, media, size, sha256, width, height, began_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: files_of
-- row: tocsin.incidents.files.IncidentFile
-- engine
-- The files whose words and bytes were not taken out.
select f.id, f.incident_id, f.seq, f.name, f.media, f.size, f.sha256, f.width, f.height, f.began_at
from incident_files f join entries e on e.stream = f.incident_id and e.seq = f.seq and e.redacted_at is null
where f.incident_id = $1 and ($2::uuid is null or f.id = $2)
order by f.seq

-- name: gone
-- engine
-- The files of redacted entries, and whether another file of the incident has the same bytes.
select f.id, f.sha256, exists (
    select from incident_files o join entries x on x.stream = o.incident_id and x.seq = o.seq and x.redacted_at is null
    where o.incident_id = f.incident_id and o.sha256 = f.sha256) as needed
from incident_files f join entries e on e.stream = f.incident_id and e.seq = f.seq and e.redacted_at is not null
where f.incident_id = $1

-- name: forget
-- Its bytes are gone.
delete from incident_files where incident_id = $1 and id = $2

-- name: this_database
-- Which database this is: a copy, also a restored one, is another.
select (select system_identifier from pg_control_system()) || '-' || oid from pg_database where datname = current_database()

-- name: pointed_at
-- Of these incidents those that exist, with every name that bytes of their files may have. A redacted entry's too: its bytes go another way.
select i.id, coalesce(array_agg(f.id::text) || array_agg(f.sha256), '{}') as names
from incidents i left join incident_files f on f.incident_id = i.id
where i.id = any($1::uuid[])
group by i.id

-- name: is_there
-- Whether there is such an incident.
select exists (select from incidents where id = $1)
