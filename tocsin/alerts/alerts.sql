-- name: open_many
-- One round of opens: a new alert per key, or one more occurrence of the open one. New ones get their first entry and
-- what follows it. Rows are sorted by key, so that processes never wait for each other in a circle.
with incoming as (
    select * from jsonb_to_recordset($1::jsonb) as x (
        id uuid, scope uuid, alias text, integration_id uuid, service_id uuid, message text, description text,
        source text, entity text, priority smallint, urgency text, tags text[], details jsonb, link text,
        clamped text[], raw jsonb, count integer, started_at timestamptz, actor text
    )
), upserted as (
    insert into alerts (id, scope, alias, integration_id, service_id, message, description, source, entity, priority,
                        urgency, tags, details, link, clamped, raw, count, started_at)
    select id, scope, alias, integration_id, service_id, message, description, source, entity, priority,
           urgency, tags, details, link, clamped, raw, count, coalesce(started_at, clock())
    from incoming order by scope, alias
    on conflict (scope, alias) where closed_at is null
    do update set count = alerts.count + excluded.count, last_at = clock()
    returning id, number, scope, alias, message, priority, (xmax = 0) as created
), entry as (
    insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)
    select n.id, 'alert', 1, 'alert_opened', clock(), i.actor, $3,
           jsonb_build_object('message', n.message, 'priority', n.priority)
    from upserted n join incoming i on i.id = n.id where n.created
), follow as (
    insert into work (kind, payload)
    select k, jsonb_build_object('stream_type', 'alert', 'stream', n.id, 'seq', 1)
    from upserted n cross join unnest($2::text[]) k where n.created
)
select scope, alias, id, number, created from upserted

-- name: acknowledge_many_by_alias
-- One round of acknowledgements from machines: only open, unacknowledged alerts change.
with incoming as (
    select * from jsonb_to_recordset($1::jsonb) as x (scope uuid, alias text, actor text, note text)
), locked as (
    select a.id, a.number, a.scope, a.alias, a.acknowledged_at is not null as already, i.actor, i.note,
           case when d.machines then default_promise(a.priority, null, clock()) end as until
    from alerts a join incoming i on i.scope = a.scope and i.alias = a.alias
    left join promise_defaults d on d.priority = a.priority
    where a.closed_at is null order by a.scope, a.alias for update of a
), changed as (
    update alerts a set acknowledged_at = clock(), acknowledged_by = l.actor, owner_id = null, snoozed_until = null,
        promised_until = l.until, promise_remind_at = null, head = a.head + 1
    from locked l where a.id = l.id and not l.already
    returning a.id, a.head, l.actor, l.note, l.until
), entry as (
    insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)
    select id, 'alert', head, 'alert_acknowledged', clock(), actor, $3,
           jsonb_build_object('by', actor, 'at', clock(), 'note', note, 'promised_until', until)
    from changed
), follow as (
    insert into work (kind, payload)
    select k, jsonb_build_object('stream_type', 'alert', 'stream', c.id, 'seq', c.head)
    from changed c cross join unnest($2::text[]) k
)
select scope, alias, id, number, already from locked

-- name: close_many_by_alias
-- One round of closes from machines.
with incoming as (
    select * from jsonb_to_recordset($1::jsonb) as x (scope uuid, alias text, actor text, note text)
), locked as (
    select a.id, a.number, a.scope, a.alias, i.actor, i.note
    from alerts a join incoming i on i.scope = a.scope and i.alias = a.alias
    where a.closed_at is null order by a.scope, a.alias for update of a
), changed as (
    update alerts a set closed_at = clock(), closed_by = l.actor, promised_until = null, promise_remind_at = null,
        head = a.head + 1
    from locked l where a.id = l.id
    returning a.id, a.head, l.actor, l.note
), entry as (
    insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)
    select id, 'alert', head, 'alert_closed', clock(), actor, $3,
           jsonb_build_object('by', actor, 'at', clock(), 'note', note)
    from changed
), follow as (
    insert into work (kind, payload)
    select k, jsonb_build_object('stream_type', 'alert', 'stream', c.id, 'seq', c.head)
    from changed c cross join unnest($2::text[]) k
)
select scope, alias, id, number, false as already from locked

-- name: rooms_of
-- engine
-- The incidents that these alerts are linked to.
select distinct incident_id from incident_alerts where alert_id = any ($1::uuid[])

-- name: keep_requests
-- What became of requests of imitated APIs, for who asks later.
insert into intake_requests (id, integration_id, action, status, success, alert_id, alias)
select * from jsonb_to_recordset($1::jsonb) as x (
    id uuid, integration_id uuid, action text, status text, success boolean, alert_id uuid, alias text)
on conflict (id) do nothing

-- name: request
-- row: Request
-- One of them.
select id, integration_id, action, status, success, alert_id, alias, processed_at from intake_requests where id = $1

-- name: forget_requests
-- Nobody asks after a day.
delete from intake_requests where processed_at < clock() - interval '1 day'

-- name: acknowledge
-- Somebody has it: also when a machine or somebody else had it before. What is promised is $4, else what its priority says;
-- $5: a program acknowledges, which promises only where that is wanted.
with promise as materialized (
    select coalesce($4::timestamptz, case when not $5 or d.machines then default_promise(a.priority, $3, clock()) end) as until
    from alerts a left join promise_defaults d on d.priority = a.priority where a.id = $1
)
update alerts set acknowledged_at = clock(), acknowledged_by = $2, owner_id = $3, snoozed_until = null,
    promised_until = promise.until, head = head + 1,
    -- Nobody can be reminded of what a program promised.
    promise_remind_at = case when $3::uuid is not null then promise_reminder(clock(), promise.until) end
from promise
where id = $1 and closed_at is null
  and (acknowledged_at is null or owner_id is distinct from $3 or acknowledged_by is distinct from $2)
returning head, acknowledged_at, promised_until

-- name: unacknowledge
-- Nobody has it.
update alerts set acknowledged_at = null, acknowledged_by = null, owner_id = null, promised_until = null,
    promise_remind_at = null, head = head + 1
where id = $1 and closed_at is null and acknowledged_at is not null
returning head

-- name: close
-- Over.
update alerts set closed_at = clock(), closed_by = $2, promised_until = null, promise_remind_at = null, head = head + 1
where id = $1 and closed_at is null
returning head, closed_at

-- name: snooze
-- Quiet until then.
update alerts set snoozed_until = $2, acknowledged_at = null, acknowledged_by = null, promised_until = null,
    promise_remind_at = null, head = head + 1
where id = $1 and closed_at is null
returning head

-- name: reassign
-- Somebody else's.
update alerts set owner_id = $2, acknowledged_at = null, acknowledged_by = null, snoozed_until = null,
    promised_until = null, promise_remind_at = null, head = head + 1
where id = $1 and closed_at is null
returning head

-- name: note
-- Words are a sign of life of whoever has it: then they keep their promise for as long again. Else they change nothing but
-- the record.
update alerts set head = head + 1,
    promised_until = case when owner_id = $2 and promised_until is not null
        then greatest(promised_until, default_promise(priority, owner_id, clock())) else promised_until end,
    promise_remind_at = case when owner_id = $2 and promised_until is not null
        then promise_reminder(clock(), greatest(promised_until, default_promise(priority, owner_id, clock())))
        else promise_remind_at end
where id = $1
returning head, case when owner_id = $2 then promised_until end as promised_until

-- name: lock_open
-- Those of many that are not closed, in the order in which they are locked.
select id from alerts where id = any ($1::uuid[]) and closed_at is null order by id for update

-- name: person
-- Who an alert can be given to.
select name from users where id = $1 and disabled_at is null

-- name: alert_by_id
-- row: Alert
-- One alert.
select id, number, scope, alias, integration_id, service_id, message, description, source, entity, priority, urgency,
    tags, details, link, clamped, raw, count, started_at, created_at, last_at, acknowledged_at, acknowledged_by,
    owner_id, snoozed_until, promised_until, closed_at, closed_by, head
from alerts where id = $1

-- name: alert_by_number
-- row: Alert
-- By the short number.
select id, number, scope, alias, integration_id, service_id, message, description, source, entity, priority, urgency,
    tags, details, link, clamped, raw, count, started_at, created_at, last_at, acknowledged_at, acknowledged_by,
    owner_id, snoozed_until, promised_until, closed_at, closed_by, head
from alerts where number = $1

-- name: open_by_alias
-- row: Alert
-- The open one of a key.
select id, number, scope, alias, integration_id, service_id, message, description, source, entity, priority, urgency,
    tags, details, link, clamped, raw, count, started_at, created_at, last_at, acknowledged_at, acknowledged_by,
    owner_id, snoozed_until, promised_until, closed_at, closed_by, head
from alerts where scope = $1 and alias = $2 and closed_at is null

-- name: alerts
-- row: Alert
-- The newest that fit; $1 is a state, `active` (not closed) or `all`. In order of the number, which no two alerts share:
-- alerts that came in one batch have the same time.
select id, number, scope, alias, integration_id, service_id, message, description, source, entity, priority, urgency,
    tags, details, link, clamped, raw, count, started_at, created_at, last_at, acknowledged_at, acknowledged_by,
    owner_id, snoozed_until, promised_until, closed_at, closed_by, head
from alerts
where case $1::text
        when 'all' then true
        when 'closed' then closed_at is not null
        when 'active' then closed_at is null
        when 'snoozed' then closed_at is null and snoozed_until > clock()
        when 'acknowledged' then closed_at is null and acknowledged_at is not null
        else closed_at is null and acknowledged_at is null and (snoozed_until is null or snoozed_until <= clock())
      end
  and ($2::text is null or message ilike '%' || $2 || '%' or alias ilike '%' || $2 || '%' or $2 = any (tags))
  and ($3::uuid is null or service_id = $3)
  and ($4::bigint is null or number < $4)
  and ($6::smallint is null or priority = $6)
  and (not $7::boolean or not exists (
        select from silenced_alerts x where x.alert_id = alerts.id and x.over_at is null and x.group_id is not null))
order by number desc limit $5

-- name: counts
-- How many are open, acknowledged, snoozed.
select count(*) filter (where acknowledged_at is null and (snoozed_until is null or snoozed_until <= clock())) as open,
    count(*) filter (where acknowledged_at is not null) as acknowledged,
    count(*) filter (where snoozed_until > clock()) as snoozed
from alerts where closed_at is null

-- name: open_by_service
-- How many are not closed, per service.
select service_id, count(*) as open, min(priority) as worst from alerts
where closed_at is null and service_id is not null group by service_id

-- name: similar
-- row: Alert
-- Closed ones of the same key, else of the same service.
select id, number, scope, alias, integration_id, service_id, message, description, source, entity, priority, urgency,
    tags, details, link, clamped, raw, count, started_at, created_at, last_at, acknowledged_at, acknowledged_by,
    owner_id, snoozed_until, promised_until, closed_at, closed_by, head
from alerts
where id <> $1 and closed_at is not null and ((scope = $2 and alias = $3) or (service_id = $4 and message = $5))
order by created_at desc limit $6
