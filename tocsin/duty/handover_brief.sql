-- name: open_incidents
-- Those that the incoming person may see, the worst first, with the roles that the outgoing person holds.
select i.key, i.summary, i.severity, i.status, i.update_due_at,
    array(select r.role from incident_roles r where r.incident_id = i.id and r.user_id = $2 order by r.role) as roles
from incidents i
where i.resolved_at is null and may_see_incident(i, $1)
order by i.severity, i.declared_at limit $3

-- name: open_alerts
-- Those whose policies page this schedule, the most urgent first.
select a.number, a.message, a.priority, s.name as service, a.started_at, coalesce(a.acknowledged_by, '') as acknowledged_by,
    case when a.snoozed_until > clock() then a.snoozed_until end as silent_until, a.promised_until
from alerts a join services s on s.id = a.service_id
where a.closed_at is null
  and exists (select from escalation_targets t where t.policy_id = s.escalation_policy_id and t.schedule_id = $1)
order by a.priority, a.started_at limit $2

-- name: own_services
-- Services whose policies page this schedule.
select s.id from services s
where s.archived_at is null
  and exists (select from escalation_targets t where t.policy_id = s.escalation_policy_id and t.schedule_id = $1)

-- name: open_notes
-- row: tocsin.duty.handover_brief.Note
-- What is not done yet, oldest first.
select id, author, text, created_at from shift_notes where schedule_id = $1 and done_at is null order by created_at limit $2
