-- name: people_at_home
-- Who takes turns: their clock, and whose holidays count for them.
select id as user_id, name, time_zone, country, subdivision from users where id = any ($1::uuid[])

-- name: shifts_elsewhere
-- engine
-- When these people are on call for other schedules ($2: not this one).
select s.schedule_id, c.name as schedule_name, s.user_id, s.starts_at, s.ends_at
from shifts s join schedules c on c.id = s.schedule_id and c.archived_at is null
where s.user_id = any ($1::uuid[]) and s.ends_at > $3 and s.starts_at < $4 and s.schedule_id is distinct from $2
order by s.starts_at

-- name: team_names
-- How teams are called, and how many of their members are there.
select t.id, t.name, count(u.id) as members
from teams t left join team_members m on m.team_id = t.id
left join users u on u.id = m.user_id and u.disabled_at is null
where t.id = any ($1::uuid[]) group by t.id, t.name
