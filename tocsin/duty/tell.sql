-- name: queue_notice
-- One message each, over what they want to be told with first at this urgency, and at once: nothing follows that a delay
-- would wait for, nor for working hours. Whoever cannot be reached has a message that has failed.
insert into deliveries (user_id, contact_method_id, transport, address, purpose, message, state, error, failed_at)
select distinct on (u.id) u.id, w.contact_method_id, w.transport, w.address, 'notice', $2::jsonb, w.state,
       case when w.state = 'failed' then w.error end, w.failed_at
from users u cross join lateral ways(u.id, $3) w left join contact_methods m on m.id = w.contact_method_id
where u.id = any ($1::uuid[]) and u.disabled_at is null
order by u.id, w.due_at, m.position, m.created_at

-- name: coming_shifts
-- What these people hold next of a schedule, in order; three each.
select t.user_id, t.name as user_name, t.time_zone, s.starts_at, s.ends_at
from (select u.id as user_id, u.name, u.time_zone from users u where u.id = any ($2::uuid[])) t
left join lateral (
    select x.starts_at, x.ends_at from shifts x
    where x.user_id = t.user_id and x.schedule_id = $1 and x.ends_at > clock() order by x.starts_at limit 3
) s on true
order by t.user_id, s.starts_at

-- name: zones_of
-- How people are called, and on which clock they live.
select id, name, time_zone from users where id = any ($1::uuid[])

-- name: schedule_name
-- How a schedule is called.
select name from schedules where id = $1
