-- name: rhythm_of
-- row: Rhythm
-- What a severity demands.
select severity, first_update_min, cadence_min, late_min, stale_min from severity_settings where severity = $1

-- name: rhythms
-- row: Rhythm
-- The same of all.
select severity, first_update_min, cadence_min, late_min, stale_min from severity_settings order by severity

-- name: set_rhythm
-- As a playbook says.
update severity_settings set first_update_min = $2, cadence_min = $3, late_min = $4, stale_min = $5 where severity = $1

-- name: next_act
-- engine
-- When something has to be done about a promise next: remind, page, page again.
select min(case
    when c.reminded_at is null and i.update_due_at - $1::interval > clock() then i.update_due_at - $1::interval
    when c.reminded_at is null and i.update_due_at > clock() then clock()
    when c.paged_at is null then i.update_due_at
    when c.late_paged_at is null then i.update_due_at + make_interval(mins => s.late_min) end)
from incidents i join severity_settings s on s.severity = i.severity
left join incident_update_clock c on c.incident_id = i.id and c.due_at = i.update_due_at
where i.resolved_at is null and i.update_due_at is not null and not i.drill
  and (c.late_paged_at is null)

-- name: to_act
-- engine
-- Promises about which something is to be done now, and what: the incidents locked, those that another process has left to it.
select i.id, i.update_due_at as due_at, case
    when i.update_due_at > clock() then 'remind' when c.paged_at is null then 'due' else 'late' end as stage
from incidents i join severity_settings s on s.severity = i.severity
left join incident_update_clock c on c.incident_id = i.id and c.due_at = i.update_due_at
where i.resolved_at is null and not i.drill and (
    (i.update_due_at > clock() and i.update_due_at - $1::interval <= clock() and c.reminded_at is null)
    or (i.update_due_at <= clock() and c.paged_at is null)
    or (i.update_due_at + make_interval(mins => s.late_min) <= clock() and c.late_paged_at is null))
order by i.update_due_at limit 50
for update of i skip locked

-- name: acted
-- Remembers what was done about this promise.
insert into incident_update_clock as c (incident_id, due_at, reminded_at, paged_at, late_paged_at, alerts)
values ($1, $2, case when $3 = 'remind' then clock() end, case when $3 = 'due' then clock() end,
        case when $3 = 'late' then clock() end, $4)
on conflict (incident_id) do update set
    due_at = excluded.due_at,
    reminded_at = coalesce(excluded.reminded_at, case when c.due_at = excluded.due_at then c.reminded_at end),
    paged_at = coalesce(excluded.paged_at, case when c.due_at = excluded.due_at then c.paged_at end),
    late_paged_at = coalesce(excluded.late_paged_at, case when c.due_at = excluded.due_at then c.late_paged_at end),
    alerts = c.alerts || excluded.alerts

-- name: forget
-- The promise was kept, or is none any more. Answers the pages that were sent about it.
delete from incident_update_clock where incident_id = $1 returning alerts

-- name: whom_to_ask
-- Who can be asked for an update, in this order: whoever speaks, manages, the policy of the faulty service, whoever declared it.
select t.place, t.user_id, t.name, t.target from (
    select case r.role when 'communications_manager' then 1 else 2 end as place, u.id as user_id, u.name, u.email as target
    from incident_roles r join users u on u.id = r.user_id and u.disabled_at is null
    where r.incident_id = $1 and r.role in ('communications_manager', 'incident_manager')
    union all
    select 3, null, s.name, 'service ' || s.name from incidents i join services s on s.id = i.service_id
    where i.id = $1 and s.escalation_policy_id is not null and not i.private
    union all
    select 4, u.id, u.name, u.email from incidents i join users u on u.id = i.declared_by and u.disabled_at is null where i.id = $1
) t order by t.place
