-- name: add_swap
-- A request, open until it is answered or its start passes.
insert into swap_requests (id, schedule_id, from_user_id, starts_at, ends_at, to_user_id, return_starts_at,
                           return_ends_at, note, created_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: same_open
-- The same was asked of the same already.
select id from swap_requests
where schedule_id = $1 and from_user_id = $2 and to_user_id is not distinct from $3 and state = 'open'
  and starts_at < $5 and ends_at > $4 and starts_at > clock()

-- name: schedule_of_swap
-- Which schedule must be locked before the request is.
select schedule_id from swap_requests where id = $1

-- name: lock_swap
-- The first answer wins; the second waits here and then sees it.
select state from swap_requests where id = $1 for update

-- name: swaps
-- row: Swap
-- One request; or by start those still open and those of the last thirty days, of one schedule or of all. Each with who
-- can still answer it.
select r.id, r.schedule_id, s.name as schedule_name, s.archived_at is not null as archived, s.team_id,
    r.from_user_id, f.name as from_name, r.starts_at, r.ends_at, r.to_user_id, t.name as to_name,
    r.return_starts_at, r.return_ends_at, r.note, r.state, r.created_at, r.created_by, c.name as created_name,
    r.taken_by, k.name as taken_name, r.answered_at, a.name as answered_name, w.waits_for, w.waits_for_ids
from swap_requests r
join schedules s on s.id = r.schedule_id
join users f on f.id = r.from_user_id
left join users t on t.id = r.to_user_id
left join users c on c.id = r.created_by
left join users k on k.id = r.taken_by
left join users a on a.id = r.answered_by
cross join lateral (
    select coalesce(array_agg(u.name order by lower(u.name), u.id), '{}') as waits_for,
        coalesce(array_agg(u.id order by lower(u.name), u.id), '{}') as waits_for_ids
    from users u
    where r.state = 'open' and r.starts_at > clock() and u.disabled_at is null
      and u.id <> r.from_user_id
      and (u.id = r.to_user_id or r.to_user_id is null and u.id in (
          select p.user_id from schedule_people p where p.schedule_id = r.schedule_id
          except select h.user_id from shifts h
          where h.schedule_id = r.schedule_id and h.ends_at > r.starts_at and h.starts_at < r.ends_at))
      and not exists (select from swap_declines d where d.swap_id = r.id and d.user_id = u.id)
) w
where ($1::uuid is null or r.schedule_id = $1) and ($2::uuid is null or r.id = $2)
  and ($2 is not null or r.state = 'open' or r.created_at > clock() - interval '30 days')
order by (r.state = 'open') desc, r.starts_at, r.id limit 300

-- name: open_of_schedule
-- Requests of a schedule that wait for an answer.
select id from swap_requests where schedule_id = $1 and state = 'open' and starts_at > clock() order by id

-- name: close_swap
-- Answered, once.
update swap_requests set state = $2, taken_by = $3, answered_by = $4, answered_at = clock()
where id = $1 and state = 'open'

-- name: decline_swap
-- One of several said no.
insert into swap_declines (swap_id, user_id) values ($1, $2) on conflict do nothing

-- name: note_reminder
-- When somebody was reminded last.
update swap_requests set reminded_at = clock() where id = $1

-- name: held_by
-- engine
-- A person's stored shifts of a schedule that touch a range.
select starts_at, ends_at from shifts
where schedule_id = $1 and user_id = $2 and ends_at > $3 and starts_at < $4 order by starts_at

-- name: responder
-- A person who can be asked: there. Viewers too can be on call.
select id, name from users where id = $1 and disabled_at is null

-- name: working_hours
-- When these people work.
select id, name, time_zone, work_starts, work_ends, work_days from users
where id = any ($1::uuid[]) and disabled_at is null

-- name: manages
-- Whether somebody is an admin of the team of each of these schedules.
select coalesce(bool_and(exists (
    select from team_members m where m.team_id = s.team_id and m.user_id = $1 and m.role = 'admin')), false)
from schedules s where s.id = any ($2::uuid[])

-- name: managed
-- The schedules in use of whose team somebody is an admin.
select s.id from schedules s join team_members m on m.team_id = s.team_id and m.user_id = $1 and m.role = 'admin'
where s.archived_at is null

-- name: stands_in
-- Who stands in which schedule in use.
select p.schedule_id, p.user_id from schedule_people p
join schedules s on s.id = p.schedule_id and s.archived_at is null

-- name: those_who_can_cover
-- Everybody who can be on call, with when they work.
select id, name, time_zone, work_starts, work_ends, work_days from users
where disabled_at is null and role <> 'viewer' order by lower(name), id

-- name: all_held
-- engine
-- The stored shifts of all schedules in use that touch a range.
select h.schedule_id, h.user_id, h.starts_at, h.ends_at from shifts h
join schedules s on s.id = h.schedule_id and s.archived_at is null
where h.ends_at > $1 and h.starts_at < $2 order by h.starts_at

-- name: stored_until
-- How far the shifts of each schedule in use are stored.
select id, name, materialised_until from schedules where archived_at is null order by lower(name), id

-- name: called
-- What people and teams of these ids are called, whether they are still there or left.
select id, name from users where id = any ($1::uuid[])
union all
select id, name from teams where id = any ($1::uuid[])

-- name: newest_edit
-- The newest edit that was not undone: earlier ones cannot be undone before it.
select max(e.seq) from entries e
where e.stream = $1 and e.kind = 'schedule_changed' and (e.payload ->> 'undoes') is null
    and not exists (select from entries u where u.stream = $1 and u.payload ->> 'undoes' = e.seq::text)

-- name: coming_turns
-- engine
-- Stored shifts of a schedule that are still to come, to choose from.
select h.user_id, u.name as user_name, h.starts_at, h.ends_at from shifts h join users u on u.id = h.user_id
where h.schedule_id = $1 and h.ends_at > clock() and h.starts_at < clock() + interval '60 days'
order by h.starts_at limit 200

-- name: somebody
-- How a person is called, and where they live.
select id, name, time_zone from users where id = $1 and disabled_at is null

-- name: held_in_all
-- row: tocsin.oncall.stakes.HeldBy
-- engine
-- A person's stored shifts of all schedules in use that touch a range.
select h.schedule_id, s.name as schedule_name, h.starts_at, h.ends_at from shifts h
join schedules s on s.id = h.schedule_id and s.archived_at is null
where h.user_id = $1 and h.ends_at > $2 and h.starts_at < $3 order by h.starts_at
