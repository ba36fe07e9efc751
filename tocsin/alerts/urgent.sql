-- name: urgent
-- row: Alert
-- Alerts that are not closed, the most urgent first: by priority, what nobody has yet before the rest, then the oldest. Those that
-- are quiet in a group stand under its leader.
select id, number, scope, alias, integration_id, service_id, message, description, source, entity, priority, urgency,
    tags, details, link, clamped, raw, count, started_at, created_at, last_at, acknowledged_at, acknowledged_by,
    owner_id, snoozed_until, promised_until, closed_at, closed_by, head
from alerts
where closed_at is null
order by priority, acknowledged_at is not null, created_at, number limit $1

-- name: by_priority
-- How many are not closed, per priority.
select priority, count(*) as alerts from alerts where closed_at is null group by priority order by priority
