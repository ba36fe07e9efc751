-- name: add
-- A new one: it is watched from its first ping on.
insert into heartbeats (id, name, description, service_id, interval_s, grace_s, priority)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: change
-- What is expected from now on; a ping that came already counts.
update heartbeats set name = $2, description = $3, service_id = $4, interval_s = $5, grace_s = $6, priority = $7,
    due_at = case when due_at is not null
        then last_ping_at + make_interval(secs => $5::integer) + make_interval(secs => $6::integer) end
where id = $1 and archived_at is null

-- name: lock
-- One in use, for who changes it.
select id, name, missed_at from heartbeats where id = $1 and archived_at is null for update

-- name: pause
-- Nothing is expected until it is resumed.
update heartbeats set paused_at = clock(), due_at = null, missed_at = null
where id = $1 and archived_at is null and paused_at is null returning name

-- name: resume
-- Expected again from the next ping on.
update heartbeats set paused_at = null, due_at = null where id = $1 and archived_at is null and paused_at is not null returning name

-- name: archive
-- Never expected again.
update heartbeats set archived_at = clock(), due_at = null, missed_at = null
where id = $1 and archived_at is null returning name

-- name: renew
-- Another address; the one before ends.
update heartbeats set address_number = address_number + 1 where id = $1 and archived_at is null returning address_number

-- name: ping
-- Heard, and expected again after its interval; whether it was missed before. Paused ones are noted and not watched.
with before as (
    select id, missed_at from heartbeats where id = $1 and address_number = coalesce($2, address_number) and archived_at is null
    for update
)
update heartbeats h set last_ping_at = clock(), last_ping_from = $3, missed_at = null,
    due_at = case when h.paused_at is null
        then clock() + make_interval(secs => h.interval_s) + make_interval(secs => h.grace_s) end
from before b where h.id = b.id
returning h.id, h.name, b.missed_at is not null as was_missed

-- name: next_due
-- When the clock has something to do: a ping is missed, or it is time to say that somebody looks.
select least(
    (select min(due_at) from heartbeats where due_at is not null and missed_at is null),
    (select looked_at + interval '1 minute' from heartbeat_watch where exists (select from heartbeats where due_at is not null))
)

-- name: look
-- Notes that somebody looks, and answers when that was before.
with before as (select looked_at from heartbeat_watch for update)
update heartbeat_watch w set looked_at = clock() from before b returning b.looked_at, w.looked_at as now

-- name: forgive
-- Pings that were due while nobody looked may have been sent: they have their grace again, and as long as nobody looked.
update heartbeats set due_at = $2::timestamptz + least(make_interval(secs => interval_s), $2::timestamptz - $1::timestamptz)
    + make_interval(secs => grace_s)
where due_at is not null and missed_at is null and due_at between $1 and $2

-- name: take_missed
-- engine
-- Those that are overdue, once each.
update heartbeats h set missed_at = clock()
from (
    select id from heartbeats where due_at <= clock() and missed_at is null
    order by due_at limit 200 for update skip locked
) d
where h.id = d.id
returning h.id, h.name, h.description, h.service_id, h.interval_s, h.priority, h.last_ping_at, h.due_at,
    (select s.urgency from services s where s.id = h.service_id) as service_urgency

-- name: heartbeats
-- row: tocsin.alerts.heartbeat_model.Heartbeat
-- All in use, the missed ones first, then by name; or one of them.
select h.id, h.name, h.description, h.service_id, s.name as service_name, h.interval_s, h.grace_s, h.priority,
    h.address_number, h.created_at, h.last_ping_at, h.last_ping_from, h.due_at, h.missed_at, h.paused_at
from heartbeats h left join services s on s.id = h.service_id
where h.archived_at is null and ($1::uuid is null or h.id = $1)
order by h.missed_at is null, lower(h.name)

-- name: by_name
-- One by its name, in any case.
select id from heartbeats where lower(name) = lower($1) and archived_at is null
