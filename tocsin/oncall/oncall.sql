-- name: add_schedule
-- A schedule without rotations; they follow in the same transaction.
insert into schedules (id, name, description, team_id, time_zone, coverage, needs_acceptance, max_nights, fatigue_pages,
                       fatigue_hours, acceptance_since)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, case when $7 then clock() end)

-- name: change_schedule
-- Two people who edit at once: the second one's version is stale and nothing changes.
update schedules set name = $3, description = $4, team_id = $5, time_zone = $6, coverage = $7, needs_acceptance = $8,
    max_nights = $9, fatigue_pages = $10, fatigue_hours = $11, version = version + 1,
    acceptance_since = case when $8 then coalesce(acceptance_since, clock()) end
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
select name, time_zone, materialised_until, zone_data from schedules where id = $1 and archived_at is null for update

-- name: raise_head
-- The number of the next entry in its history.
update schedules set head = head + 1 where id = $1 returning head

-- name: version_of
-- What an edit must name.
select version from schedules where id = $1

-- name: undone
-- The numbers of the changes that were undone.
select (payload ->> 'undoes')::integer as seq from entries
where stream = $1 and (payload ->> 'undoes') is not null

-- name: later_edit
-- Whether an edit came after this one, those that were undone and those that undo left aside.
select exists (
    select from entries e
    where e.stream = $1 and e.seq > $2 and e.kind = 'schedule_changed' and (e.payload ->> 'undoes') is null
    and not exists (select from entries u where u.stream = $1 and u.payload ->> 'undoes' = e.seq::text)
)

-- name: schedule_by_id
-- row: Schedule
-- One schedule.
select s.id, s.name, s.description, s.team_id, t.name as team_name, s.time_zone, s.version, s.materialised_until,
    s.coverage, s.needs_acceptance, s.max_nights, s.fatigue_pages, s.fatigue_hours, s.not_computed
from schedules s left join teams t on t.id = s.team_id where s.id = $1 and s.archived_at is null

-- name: schedule_as_draft
-- What people gave, without its layers.
select name, description, team_id, time_zone, coverage, needs_acceptance, max_nights, fatigue_pages, fatigue_hours
from schedules where id = $1 and archived_at is null

-- name: schedules
-- row: Schedule
-- All schedules in use, by name.
select s.id, s.name, s.description, s.team_id, t.name as team_name, s.time_zone, s.version, s.materialised_until,
    s.coverage, s.needs_acceptance, s.max_nights, s.fatigue_pages, s.fatigue_hours, s.not_computed
from schedules s left join teams t on t.id = s.team_id where s.archived_at is null order by lower(s.name)

-- name: rotation_ids
-- The layers that are there.
select id from rotations where schedule_id = $1

-- name: remove_rotations
-- All but these.
delete from rotations where schedule_id = $1 and not id = any ($2::uuid[])

-- name: put_rotations
-- All layers, new or changed, lowest first. What was fetched from another address does not count any more.
insert into rotations (id, schedule_id, name, position, kind, length, handoff_time, start_date, ends_at, time_zone,
                       restrictions, skip_holidays, source_url)
select (t.layer ->> 'id')::uuid, $1, t.layer ->> 'name', t.position - 1, t.layer ->> 'kind', (t.layer ->> 'length')::integer,
    (t.layer ->> 'handoff_time')::time, (t.layer ->> 'start_date')::date, (t.layer ->> 'ends_at')::timestamptz,
    t.layer ->> 'time_zone', t.layer -> 'restrictions', (t.layer ->> 'skip_holidays')::boolean, t.layer ->> 'source_url'
from jsonb_array_elements($2::jsonb) with ordinality as t (layer, position)
on conflict (id) do update set name = excluded.name, position = excluded.position, kind = excluded.kind,
    length = excluded.length, handoff_time = excluded.handoff_time, start_date = excluded.start_date,
    ends_at = excluded.ends_at, time_zone = excluded.time_zone, restrictions = excluded.restrictions,
    skip_holidays = excluded.skip_holidays, source_url = excluded.source_url,
    refreshed_at = case when rotations.source_url is not distinct from excluded.source_url then rotations.refreshed_at end

-- name: set_participants
-- The order of each rotation; a person may stand in it twice.
with wanted as (
    select r.id, p.who, p.position - 1 as position
    from unnest($1::uuid[]) with ordinality as r (id, layer)
    cross join jsonb_array_elements($2::jsonb -> (r.layer - 1)::integer) with ordinality as p (who, position)
), gone as (
    delete from rotation_participants p
    where p.rotation_id = any ($1::uuid[])
        and not exists (select from wanted w where w.id = p.rotation_id and w.position = p.position)
)
insert into rotation_participants (rotation_id, position, user_id, team_id)
select w.id, w.position, (w.who ->> 'user')::uuid, (w.who ->> 'team')::uuid from wanted w
on conflict (rotation_id, position) do update set user_id = excluded.user_id, team_id = excluded.team_id

-- name: rotations
-- The layers of a schedule as people gave them, lowest first.
select r.id, r.position, r.kind, r.length, r.handoff_time, r.start_date, r.ends_at, r.name, r.time_zone, r.restrictions,
    r.skip_holidays, r.source_url, r.refreshed_at, r.refresh_error,
    coalesce((select jsonb_agg(jsonb_build_object('user', p.user_id, 'team', p.team_id) order by p.position)
              from rotation_participants p where p.rotation_id = r.id), '[]') as participants
from rotations r where r.schedule_id = $1 order by r.position

-- name: whereabouts
-- Of these people those who are there, and whose holidays count for them.
select id as user_id, country, subdivision, time_zone from users where id = any ($1::uuid[]) and disabled_at is null

-- name: members_in_order
-- Who takes the turns of a team: its members by name.
select m.team_id, m.user_id from team_members m join users u on u.id = m.user_id and u.disabled_at is null
where m.team_id = any ($1::uuid[]) order by m.team_id, lower(u.name), u.id

-- name: calendar_events
-- row: Event
-- The turns of an imported calendar; whoever left holds none of them.
select e.uid, e.starts_at, e.ends_at, u.id as user_id, e.who
from calendar_events e left join users u on u.id = e.user_id and u.disabled_at is null
where e.rotation_id = $1 order by e.starts_at, e.uid

-- name: unknown_teams
-- Of the given ids, those of no team.
select t.wanted from unnest($1::uuid[]) as t (wanted) where not exists (select from teams x where x.id = t.wanted)

-- name: names_of
-- How people are called.
select id, name from users where id = any ($1::uuid[])

-- name: unknown_people
-- Of the given ids, those that cannot be on call: disabled, with their name, or nobody's.
select t.wanted, u.name from unnest($1::uuid[]) as t (wanted) left join users u on u.id = t.wanted
where u.id is null or u.disabled_at is not null

-- name: name_taken
-- Whether another schedule goes by a name, in any case.
select true from schedules where lower(name) = lower($1) and archived_at is null and id is distinct from $2::uuid

-- name: add_override
-- Somebody else is on call for a while. One that is put back has its old place among the others.
insert into overrides (id, schedule_id, user_id, starts_at, ends_at, created_by, replaces, reason, batch, created_at, number)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, coalesce($10, clock()),
        coalesce($11, nextval(pg_get_serial_sequence('overrides', 'number'))))

-- name: remove_overrides
-- Only those that are not over: the past is never edited.
delete from overrides where id = any ($1::uuid[]) and schedule_id = $2 and ends_at > clock()
returning id, user_id, starts_at, ends_at, replaces, reason, created_at, number

-- name: overrides_between
-- row: OverrideRow
-- engine
-- Overrides that touch a range. Those of people who left are skipped, or they would cover somebody who is there.
select o.id, o.user_id, u.name as user_name, o.starts_at, o.ends_at, o.created_at, o.replaces, o.reason,
    o.batch, o.number
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
-- The computed shifts that were not there, many at once.
insert into shifts (schedule_id, user_id, rotation_id, override_id, track, starts_at, ends_at)
select $1, t.user_id, t.rotation_id, t.override_id, t.track, t.starts_at, t.ends_at
from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::integer[], $6::timestamptz[], $7::timestamptz[])
    as t (user_id, rotation_id, override_id, track, starts_at, ends_at)

-- name: shifts_ahead
-- engine
-- What is stored from a moment on: what an edit is compared with.
select user_id, rotation_id, override_id, track, starts_at, ends_at from shifts
where schedule_id = $1 and ends_at > $2

-- name: remove_shifts
-- Those of the future that will not be.
delete from shifts s using unnest($2::integer[], $3::timestamptz[]) as t (track, starts_at)
where s.schedule_id = $1 and s.track = t.track and s.starts_at = t.starts_at

-- name: end_shifts
-- What is under way goes on until another moment than before.
update shifts s set ends_at = t.ends_at from unnest($2::integer[], $3::timestamptz[], $4::timestamptz[])
    as t (track, starts_at, ends_at)
where s.schedule_id = $1 and s.track = t.track and s.starts_at = t.starts_at

-- name: set_materialised
-- How far ahead shifts are stored, and with which time zone data they were computed.
update schedules set materialised_until = $2, zone_data = $3, not_computed = null where id = $1

-- name: set_not_computed
-- What was stored before still counts; the page says why nothing new came.
update schedules set not_computed = $2 where id = $1

-- name: schedules_in_use
-- All of them are computed anew once a day.
select id, zone_data from schedules where archived_at is null order by id

-- name: shifts_between
-- row: ShiftRow
-- engine
-- Stored shifts that touch a range, in order.
select s.schedule_id, s.user_id, u.name as user_name, u.time_zone, s.starts_at, s.ends_at, s.rotation_id, s.override_id,
    s.track
from shifts s join users u on u.id = s.user_id
where s.schedule_id = $1 and s.ends_at > $2 and s.starts_at < $3
order by s.starts_at

-- name: on_call_now
-- row: OnCall
-- Who holds which schedule at this moment; a schedule that nobody holds has no user. Without a parameter, so that the plan
-- is always the one for all of them.
select s.id as schedule_id, s.name as schedule_name, o.user_id, u.name as user_name, u.time_zone, o.starts_at, o.ends_at,
    p.id as planned_user_id, p.name as planned_user_name
from schedules s
left join on_call_now o on o.schedule_id = s.id
left join users u on u.id = o.user_id
left join users p on p.id = o.planned_user_id and p.id <> o.user_id
where s.archived_at is null
order by lower(s.name), o.track

-- name: on_call_now_of
-- row: OnCall
-- The same for one schedule.
select s.id as schedule_id, s.name as schedule_name, o.user_id, u.name as user_name, u.time_zone, o.starts_at, o.ends_at,
    p.id as planned_user_id, p.name as planned_user_name
from schedules s
left join on_call_now o on o.schedule_id = s.id
left join users u on u.id = o.user_id
left join users p on p.id = o.planned_user_id and p.id <> o.user_id
where s.archived_at is null and s.id = $1
order by o.track

-- name: on_call_at
-- row: OnCall
-- The same at a moment within what is stored. In the past, until a shift was accepted its predecessor held it.
select s.id as schedule_id, s.name as schedule_name, u.id as user_id, u.name as user_name, u.time_zone,
    o.shift_starts_at as starts_at, o.shift_ends_at as ends_at, p.id as planned_user_id, p.name as planned_user_name
from schedules s
left join held_shifts o on o.schedule_id = s.id and o.starts_at <= $1 and o.ends_at > $1
    and o.shift_starts_at <= $1 and o.shift_ends_at > $1
left join users u on u.id = o.user_id
left join users p on p.id = o.planned_user_id and p.id <> u.id
where s.archived_at is null and ($2::uuid is null or s.id = $2)
order by lower(s.name), o.track

-- name: computed_before
-- Schedules whose stored shifts end before a moment: what holds then has to be computed.
select id from schedules
where archived_at is null and materialised_until <= $1 and ($2::uuid is null or id = $2)

-- name: people_by_id
-- How people are called, and where they are.
select id, name, time_zone from users where id = any ($1::uuid[])

-- name: next_shifts_of
-- row: ShiftRow
-- engine
-- A person's current and coming shifts.
select s.schedule_id, s.user_id, u.name as user_name, u.time_zone, s.starts_at, s.ends_at, s.rotation_id, s.override_id,
    s.track
from shifts s join users u on u.id = s.user_id
where s.user_id = $1 and s.ends_at > clock()
order by s.starts_at limit $2

-- name: next_up
-- row: OnCall
-- Who takes over each schedule next; several where they begin at the same moment, together. Whoever is on call there already
-- takes nothing over.
with coming as materialized (
    select x.schedule_id, x.user_id, x.starts_at, x.ends_at, x.track from shifts x
    where x.starts_at > clock() and ($1::uuid is null or x.schedule_id = $1)
      and not exists (select from shifts b where b.schedule_id = x.schedule_id and b.user_id = x.user_id
                        and b.ends_at >= x.starts_at and b.starts_at < x.starts_at)
)
select s.id as schedule_id, s.name as schedule_name, o.user_id, u.name as user_name, u.time_zone, o.starts_at, o.ends_at,
    null::uuid as planned_user_id, null::text as planned_user_name
from schedules s
join (select schedule_id, min(starts_at) as at from coming group by schedule_id) n on n.schedule_id = s.id
join coming o on o.schedule_id = s.id and o.starts_at = n.at
join users u on u.id = o.user_id
where s.archived_at is null
order by lower(s.name), o.track

-- name: layer_counts
-- How many layers each schedule has.
select schedule_id, count(*)::integer as layers from rotations group by schedule_id

-- name: edits_since
-- The changes that raised the version above the given one, oldest first.
select e.seq, e.actor, e.recorded_at, e.payload from (
    select * from entries where stream = $1 and kind = 'schedule_changed' order by seq desc
    limit greatest((select version - $2 from schedules where id = $1), 0)
) e order by e.seq

-- name: owners_of
-- Who answers for a schedule.
select user_id from schedule_owners($1)

-- name: everybody
-- Whoever can be on call, by name, and on whose clock.
select id, name, time_zone from users where disabled_at is null order by lower(name), id

-- name: every_team
-- All teams, by name.
select id, name from teams order by lower(name), id
