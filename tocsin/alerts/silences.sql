-- name: add
-- A new one; what it is about follows.
insert into silences (id, kind, reason, link, owner_id, starts_at, ends_at, weekdays, from_time, to_time, time_zone, zone_data,
                      ends_with_alert_id, remind_at, created_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: change
-- All that people give, while it is not over.
update silences set kind = $2, reason = $3, link = $4, owner_id = $5, starts_at = $6, ends_at = $7, weekdays = $8,
    from_time = $9, to_time = $10, time_zone = $11, zone_data = $12, ends_with_alert_id = $13, remind_at = $14
where id = $1

-- name: forget_parts
-- What it was about gives way.
with matchers as (delete from silence_matchers where silence_id = $1)
delete from silence_services where silence_id = $1

-- name: add_matchers
-- Its conditions, in order.
insert into silence_matchers (silence_id, position, field, operator, value)
select $1, n, field, operator, value
from unnest($2::text[], $3::text[], $4::text[]) with ordinality as t (field, operator, value, n)

-- name: add_services
-- The services that it is about.
insert into silence_services (silence_id, service_id) select $1, id from services where id = any ($2::uuid[])

-- name: forget_windows
-- Before they are reckoned anew.
delete from silence_windows where silence_id = $1

-- name: add_windows
-- When it is quiet.
insert into silence_windows (silence_id, starts_at, ends_at) select $1, s, e from unnest($2::timestamptz[], $3::timestamptz[]) as t (s, e)

-- name: lock
-- For who changes it.
select id from silences where id = $1 for update

-- name: end
-- Over, once: the quiet time of this moment ends, and no other begins.
with gone as (
    delete from silence_windows where silence_id = $1 and starts_at >= clock()
), cut as (
    update silence_windows set ends_at = clock() where silence_id = $1 and starts_at < clock() and ends_at > clock()
)
update silences set ended_at = clock(), ended_by = $2, remind_at = null where id = $1 and ended_at is null and ends_at > clock()

-- name: set_end
-- Longer than it was, or shorter.
update silences set ends_at = $2, remind_at = $3 where id = $1

-- name: moved
-- Its alerts wait for its new end, or are due.
select silence_moved($1)

-- name: with_alerts
-- Those that end with these alerts.
select id from silences where ends_with_alert_id = any ($1::uuid[]) and ended_at is null

-- name: owner
-- Somebody active, with their working hours.
select id, name, time_zone, work_starts, work_ends, work_days from users where id = $1 and disabled_at is null

-- name: known
-- How many of these services are in use.
select count(*) from services where id = any ($1::uuid[]) and archived_at is null

-- name: alert_is_open
-- Whether a silence can end with it.
select closed_at is null from alerts where id = $1

-- name: odd_texts_match
-- Whether a pattern is met by texts that nobody writes. What is no pattern raises an error, also alone: `a)|(b` would
-- otherwise become one by what stands around it.
select 'q7#zx' ~ p and 'P9 0 %' ~ p as wide, '' ~ $1 as alone from (select '^(?:' || $1 || ')$' as p) x

-- name: preview
-- What would have been silenced of the newest alerts of the last seven days, and of those that are open and not acknowledged
-- now. $1: matchers as JSON; $2: services; $3: of at most so many.
with rule as materialized (
    select * from jsonb_to_recordset($1::jsonb) as r (field text, operator text, value text)
), newest as (
    select a.id from alerts a where a.created_at > clock() - interval '7 days' order by a.created_at desc limit $3
), waiting as (
    select a.id from alerts a where a.closed_at is null and a.acknowledged_at is null order by a.created_at desc limit $3
), looked as (
    select newest.id is not null as recent, waiting.id is not null as waiting,
           (cardinality($2::uuid[]) = 0 or a.service_id = any ($2)) and not exists (
               select from rule m where not matcher_holds(m.field, m.operator, m.value, a, i.name)) as matched
    from newest full join waiting using (id) join alerts a using (id) left join integrations i on i.id = a.integration_id
)
select count(*) filter (where recent and matched)::integer as matched, count(*) filter (where recent)::integer as looked_at,
       count(*) filter (where waiting and matched)::integer as open_now
from looked

-- name: silences
-- row: tocsin.alerts.silence_model.Silence
-- $1: one by its id; $2: a state, or null for all; $3: those about a service; $4: at most so many. What is quiet now comes
-- first, the soonest end on top; then what is to come; then what is over, newest first.
select s.id, s.kind, s.reason, s.link, s.owner_id, coalesce(u.name, '') as owner_name, s.starts_at, s.ends_at, s.weekdays,
       s.from_time, s.to_time, s.time_zone, s.ends_with_alert_id, a.number as ends_with_number, s.created_at, s.created_by,
       s.ended_at, s.ended_by, m.rules, v.services, w.active_until, w.next_at
from silences s
left join users u on u.id = s.owner_id
left join alerts a on a.id = s.ends_with_alert_id
cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object('field', x.field, 'operator', x.operator, 'value', x.value)
                              order by x.position), '[]') as rules
    from silence_matchers x where x.silence_id = s.id
) m
cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name) order by lower(c.name)), '[]') as services
    from silence_services x join services c on c.id = x.service_id where x.silence_id = s.id
) v
cross join lateral (
    select max(x.ends_at) filter (where x.starts_at <= clock() and x.ends_at > clock()) as active_until,
           min(x.starts_at) filter (where x.starts_at > clock()) as next_at
    from silence_windows x where x.silence_id = s.id and s.ended_at is null
) w
where ($1::uuid is null or s.id = $1)
  and ($2::text is null or $2 = case when w.active_until is not null then 'active' when w.next_at is not null then 'coming'
                                     else 'past' end)
  and ($3::uuid is null or exists (select from silence_services x where x.silence_id = s.id and x.service_id = $3))
order by w.active_until, w.next_at, coalesce(s.ended_at, s.ends_at) desc limit $4

-- name: next_reminder
-- When an owner is to hear of an end.
select min(remind_at) from silences where remind_at is not null

-- name: take_reminders
-- Those whose moment has come, each taken by one process.
update silences set remind_at = null where id in (
    select id from silences where remind_at <= clock() order by remind_at limit 100 for update skip locked
)
returning id

-- name: remind_later
-- Its owner does not work now.
update silences set remind_at = $2 where id = $1 and ended_at is null

-- name: other_zone_data
-- Those that recur and were reckoned with other time zone data.
select id from silences where ended_at is null and ends_at > clock() and cardinality(weekdays) > 0 and zone_data <> $1

-- name: reckoned
-- With which data.
update silences set zone_data = $2 where id = $1
