-- name: clock
-- The one clock; tests move it.
select clock()

-- name: notify
-- Wakes every process; payloads are topics, at most a few per commit.
select pg_notify('tocsin', topic) from unnest($1::text[]) topic

-- name: claim_request
-- First come, first served: a repeated key waits here for the first one's commit and then finds no row to insert.
insert into request_keys (actor, key, verb, about) values ($1, $2, $3, $4)
on conflict (actor, key) do nothing
returning true

-- name: answered_request
-- What the first request with this key was answered.
select verb, about, answer from request_keys where actor = $1 and key = $2

-- name: keep_answer
-- Remembers the answer for the repeats.
update request_keys set answer = $3 where actor = $1 and key = $2

-- name: forget_requests
-- Keys older than a week are not repeats any more.
delete from request_keys where created_at < clock() - interval '7 days'

-- name: add_work
-- A due row; with a key, the same work waits only once and keeps the earlier time, unless it is under way: then this
-- asks for another run, at its own time.
insert into work (kind, key, payload, due_at)
values ($1, $2, $3, coalesce($4::timestamptz, clock()))
on conflict (kind, key) where key is not null and set_aside_at is null
do update set due_at = case when work.leased_until > clock() then excluded.due_at
                            else least(work.due_at, excluded.due_at) end,
    payload = excluded.payload, generation = work.generation + 1

-- name: add_work_batch
-- Many due rows of several kinds at once, due now.
insert into work (kind, payload)
select kind, payload from unnest($1::text[], $2::jsonb[]) as t (kind, payload)

-- name: claim_work
-- engine
-- Takes due rows of the given kinds with a lease, oldest first; rows of a dead process come back when it runs out.
update work set leased_until = clock() + make_interval(secs => $3), attempts = attempts + 1
where id in (
    select id from work
    where kind = any ($1::text[]) and due_at <= clock() and set_aside_at is null
      and (leased_until is null or leased_until < clock())
    order by due_at limit $2
    for update skip locked
)
returning id, kind, key, payload, attempts, generation

-- name: finish_work
-- Done: the row goes, unless the same work was asked for again meanwhile; then it is due again.
with gone as (delete from work where id = $1 and generation = $2)
update work set leased_until = null, attempts = 0 where id = $1 and generation <> $2

-- name: finish_work_batch
-- Done, many at once, inside the transaction that did them.
delete from work where id = any ($1::bigint[])

-- name: retry_work
-- Not this time: due again later, with the reason.
update work set leased_until = null, due_at = clock() + make_interval(secs => $2), error = $3 where id = $1

-- name: set_work_aside
-- Poisoned: kept for a person to look at, never claimed again.
update work set leased_until = null, set_aside_at = clock(), error = $2 where id = $1

-- name: work_set_aside
-- What operators are shown.
select id, kind, key, payload, attempts, error, set_aside_at from work where set_aside_at is not null
order by set_aside_at desc limit 100

-- name: next_due
-- engine
-- When the process has to wake up next, for the given kinds.
select min(greatest(due_at, coalesce(leased_until, due_at))) from work
where kind = any ($1::text[]) and set_aside_at is null

-- name: work_back
-- The clock went back by $1: what waits, and what a process holds, is due as long from now as it was then.
update work set due_at = case when due_at > clock() then due_at - $1::interval else due_at end,
    leased_until = leased_until - $1::interval
where set_aside_at is null and (due_at > clock() or leased_until > clock())

-- name: backlog
-- What waits, per kind: for metrics.
select kind, count(*) filter (where due_at <= clock() and set_aside_at is null) as due,
       coalesce(extract(epoch from clock() - min(due_at) filter (where due_at <= clock() and set_aside_at is null)),
                0)::float8 as oldest_s,
       count(*) filter (where set_aside_at is not null) as set_aside
from work group by kind
