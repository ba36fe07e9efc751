-- name: add_schedule
-- A schedule without rotations; they follow in the same transaction.
insert into schedules (id, name, description, team_id, time_zone) values ($1, $2, $3, $4, $5)

-- name: change_schedule
-- Two people who edit at once: the second one's version is stale and nothing changes.
update schedules set name = $3, description = $4, team_id = $5, time_zone = $6, version = version + 1
where id = $1 and version = $2 and archived_at is null
returning version

-- name: archive_schedule
-- Archived schedules keep their past; nobody is on call for them any more.
update schedules set archived_at = clock(), version = version + 1 where id = $1 and archived_at is null

-- name: policies_relying_on
-- Whose steps would find nobody without this schedule.
select distinct p.name from escalation_targets t join escalation_policies p on p.id = t.policy_id
where t.schedule_id = $1 and p.archived_at is null order by p.name

-- name: lock_schedule
-- Orders edits of one schedule, so that shifts are always computed from what is stored.
select time_zone from schedules where id = $1 and archived_at is null for update

-- name: schedule_by_id
-- row: Schedule
-- One schedule.
select s.id, s.name, s.description, s.team_id, t.name as team_name, s.time_zone, s.version, s.materialised_until
from schedules s left join teams t on t.id = s.team_id where s.id = $1 and s.archived_at is null

-- name: schedules
-- row: Schedule
-- All schedules in use, by name.
select s.id, s.name, s.description, s.team_id, t.name as team_name, s.time_zone, s.version, s.materialised_until
from schedules s left join teams t on t.id = s.team_id where s.archived_at is null order by lower(s.name)

-- name: remove_rotations
-- Before the new ones are stored.
delete from rotations where schedule_id = $1

-- name: add_rotation
-- One layer.
insert into rotations (id, schedule_id, name, position, kind, length, handoff_time, start_date, ends_at,
                       window_start, window_end)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: add_participants
-- The order of a rotation; a person may stand in it twice.
insert into rotation_participants (rotation_id, position, user_id)
select $1, t.position - 1, t.user_id from unnest($2::uuid[]) with ordinality as t (user_id, position)

-- name: rotations
-- The layers of a schedule with their participants in order; those who left are skipped.
select r.id, r.position, r.kind, r.length, r.handoff_time, r.start_date, r.ends_at, r.name, r.window_start, r.window_end,
    coalesce(array_agg(p.user_id order by p.position) filter (where u.id is not null), '{}') as participants
from rotations r
left join rotation_participants p on p.rotation_id = r.id
left join users u on u.id = p.user_id and u.disabled_at is null
where r.schedule_id = $1
group by r.id order by r.position

-- name: unknown_people
-- Of the given ids, those that cannot be on call: no such person, or disabled.
select t.wanted from unnest($1::uuid[]) as t (wanted)
where not exists (select from users u where u.id = t.wanted and u.disabled_at is null)

-- name: add_override
-- Somebody else is on call for a while.
insert into overrides (id, schedule_id, user_id, starts_at, ends_at, created_by) values ($1, $2, $3, $4, $5, $6)

-- name: remove_override
-- Only one that is not over: the past is never edited.
delete from overrides where id = $1 and schedule_id = $2 and ends_at > clock()

-- name: overrides_between
-- row: OverrideRow
-- engine
-- Overrides that touch a range. Those of people who left are skipped, or they would cover somebody who is there.
select o.id, o.user_id, u.name as user_name, o.starts_at, o.ends_at, o.created_at
from overrides o join users u on u.id = o.user_id and u.disabled_at is null
where o.schedule_id = $1 and o.ends_at > $2 and o.starts_at < $3
order by o.created_at

-- name: cut_shifts
-- engine
-- The future is computed anew; what has begun ends where the new future starts.
with cut as (
    update shifts set ends_at = $2 where schedule_id = $1 and starts_at < $2 and ends_at > $2
)
delete from shifts where schedule_id = $1 and starts_at >= $2

-- name: add_shifts
-- The computed shifts, many at once.
insert into shifts (schedule_id, user_id, starts_at, ends_at, rotation_id, override_id)
select $1, t.user_id, t.starts_at, t.ends_at, t.rotation_id, t.override_id
from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::uuid[], $6::uuid[])
    as t (user_id, starts_at, ends_at, rotation_id, override_id)

-- name: shift_under_way
-- engine
-- What is being held at the moment of an edit.
select starts_at, user_id, rotation_id, override_id from shifts
where schedule_id = $1 and starts_at < $2 and ends_at > $2

-- name: stretch_shift
-- A shift that goes on unchanged over the moment of an edit stays one shift.
update shifts set ends_at = $3 where schedule_id = $1 and starts_at = $2

-- name: set_materialised
-- How far ahead shifts are stored.
update schedules set materialised_until = $2 where id = $1

-- name: schedules_in_use
-- All of them are computed anew once a day.
select id from schedules where archived_at is null order by id

-- name: shifts_between
-- row: ShiftRow
-- engine
-- Stored shifts that touch a range, in order.
select s.schedule_id, s.user_id, u.name as user_name, u.time_zone, s.starts_at, s.ends_at, s.rotation_id, s.override_id
from shifts s join users u on u.id = s.user_id
where s.schedule_id = $1 and s.ends_at > $2 and s.starts_at < $3
order by s.starts_at

-- name: on_call_now
-- row: OnCall
-- Who holds which schedule at this moment; a schedule that nobody holds has no user.
select s.id as schedule_id, s.name as schedule_name, o.user_id, u.name as user_name, u.time_zone, o.starts_at, o.ends_at
from schedules s
left join on_call_now o on o.schedule_id = s.id
left join users u on u.id = o.user_id
where s.archived_at is null
order by lower(s.name)

-- name: on_call_at
-- row: OnCall
-- The same at any moment.
select s.id as schedule_id, s.name as schedule_name, o.user_id, u.name as user_name, u.time_zone, o.starts_at, o.ends_at
from schedules s
left join shifts o on o.schedule_id = s.id and o.starts_at <= $1 and o.ends_at > $1
left join users u on u.id = o.user_id
where s.archived_at is null
order by lower(s.name)

-- name: next_shifts_of
-- row: ShiftRow
-- engine
-- A person's current and coming shifts.
select s.schedule_id, s.user_id, u.name as user_name, u.time_zone, s.starts_at, s.ends_at, s.rotation_id, s.override_id
from shifts s join users u on u.id = s.user_id
where s.user_id = $1 and s.ends_at > clock()
order by s.starts_at limit $2

-- name: next_up
-- row: OnCall
-- Who takes over each schedule next.
select distinct on (s.id) s.id as schedule_id, s.name as schedule_name, o.user_id, u.name as user_name, u.time_zone,
    o.starts_at, o.ends_at
from schedules s
join shifts o on o.schedule_id = s.id and o.starts_at > clock()
join users u on u.id = o.user_id
where s.archived_at is null
order by s.id, o.starts_at
