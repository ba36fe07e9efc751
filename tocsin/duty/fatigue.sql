-- name: perhaps_tired
-- engine
-- Of those on call now the few that may be tired by their schedule's rule; whether they are is reckoned on their clock.
-- `held_for`: they keep the pager until that person accepts.
select n.schedule_id, s.name as schedule_name, s.fatigue_pages, s.fatigue_hours, n.user_id, u.name as user_name,
    u.time_zone, n.ends_at, w.name as held_for
from on_call_now n
join schedules s on s.id = n.schedule_id and s.archived_at is null
join users u on u.id = n.user_id and u.disabled_at is null
left join users w on w.id = n.planned_user_id and w.id <> n.user_id
where s.fatigue_pages > 0 and s.fatigue_pages <= (
        select count(*) from pages p where p.user_id = n.user_id and p.created_at > clock() - interval '9 hours')
   or s.fatigue_hours > 0 and (exists (
        select from shifts x where x.user_id = n.user_id
          and x.ends_at > clock() - make_interval(hours => s.fatigue_hours + 8)
          and x.starts_at <= clock() - make_interval(hours => s.fatigue_hours))
        or exists (
        select from handovers h where h.from_user_id = n.user_id and h.needs_acceptance
          and h.ends_at > clock() - make_interval(hours => s.fatigue_hours + 8)
          and h.starts_at <= clock() - make_interval(hours => s.fatigue_hours)))
order by s.name, u.name

-- name: recently_held
-- engine
-- When these people had a pager of late, for any schedule: in their own shifts, and in those that were not accepted.
select s.user_id, s.starts_at, s.ends_at from held_shifts s
where s.planned_user_id = any ($1::uuid[]) and s.user_id = s.planned_user_id
  and s.shift_ends_at > $2 and s.shift_starts_at <= clock() and s.starts_at <= clock()
union all
select s.user_id, s.starts_at, s.ends_at
from handovers h join held_shifts s on s.schedule_id = h.schedule_id and s.track = h.track
    and s.shift_starts_at = h.starts_at and s.planned_user_id = h.to_user_id
where h.from_user_id = any ($1::uuid[]) and h.needs_acceptance and h.ends_at > $2 and h.starts_at <= clock()
  and s.user_id = h.from_user_id and s.user_id <> s.planned_user_id
order by starts_at

-- name: recent_pages
-- engine
-- What these people were paged for of late.
select user_id, created_at from pages where user_id = any ($1::uuid[]) and created_at > clock() - interval '9 hours'

-- name: could_relieve
-- engine
-- Who stands in a schedule and can take a range: reachable, not on call for it then, and not asked already tonight.
select u.id, u.name, u.time_zone, u.work_starts, u.work_ends, u.work_days,
    exists (select from on_call_now n where n.user_id = u.id) as on_call
from schedule_people p join users u on u.id = p.user_id and u.role <> 'viewer'
where p.schedule_id = $1 and p.user_id <> $2
  and exists (select from contact_methods m where m.user_id = u.id and m.verified_at is not null)
  and not exists (
      select from shifts s where s.schedule_id = $1 and s.user_id = u.id and s.starts_at < $4 and s.ends_at > $3)
  and not exists (
      select from swap_requests w where w.schedule_id = $1 and w.from_user_id = $2 and w.to_user_id = u.id
        and w.created_at > clock() - interval '9 hours')
order by lower(u.name)

-- name: asked_already
-- Who was asked to take over what somebody holds, and may still say yes.
select t.name from swap_requests w left join users t on t.id = w.to_user_id
where w.schedule_id = $1 and w.from_user_id = $2 and w.state = 'open' and w.starts_at > clock() and w.starts_at < $3
  and w.ends_at > clock()
order by w.starts_at limit 1

-- name: account
-- In whose name a link acts.
select id, name, role, disabled_at from users where id = $1
