-- name: renew
-- Whoever has it is still on it: until $3, or for as long again.
update alerts set head = head + 1,
    promised_until = coalesce($3, default_promise(priority, owner_id, clock()), clock() + interval '1 hour'),
    promise_remind_at = promise_reminder(
        clock(), coalesce($3, default_promise(priority, owner_id, clock()), clock() + interval '1 hour'))
where id = $1 and owner_id = $2 and closed_at is null and acknowledged_at is not null
returning head, promised_until

-- name: whose
-- Who has an alert, or why nobody does.
select acknowledged_by, closed_at is not null as closed, closed_by from alerts where id = $1

-- name: next_promise
-- engine
-- When a promise lapses, or somebody has to be reminded of one. An alert of an open incident is kept alive by that.
select least(
    (select a.promised_until from alerts a where a.promised_until is not null and not in_open_incident(a.id)
     order by a.promised_until limit 1),
    (select min(a.promise_remind_at) from alerts a where a.promise_remind_at is not null))

-- name: take_lapsed
-- engine
-- Promises that were not kept: nobody has these alerts any more. What somebody changes at this moment is left to them; after
-- that it is looked at again. They stay the owner's, who is paged first.
with due as (
    select a.id, a.acknowledged_by as by, a.promised_until as at from alerts a
    where a.promised_until <= clock() and a.closed_at is null and a.acknowledged_at is not null and not in_open_incident(a.id)
    order by a.promised_until limit 100 for update of a skip locked
)
update alerts a set acknowledged_at = null, acknowledged_by = null, promised_until = null, promise_remind_at = null,
    head = a.head + 1
from due where a.id = due.id
returning a.id, a.head, due.by, due.at

-- name: take_reminders
-- engine
-- Whoever should be reminded of a promise, each once; not while an open incident keeps the alert alive.
with due as (
    select a.id, in_open_incident(a.id) as alive from alerts a where a.promise_remind_at <= clock()
    order by a.promise_remind_at limit 100 for update of a skip locked
), reminded as (
    update alerts a set promise_remind_at = null from due where a.id = due.id returning a.id, a.owner_id, a.promised_until, due.alive
)
select r.id, r.owner_id, r.promised_until from reminded r
where not r.alive and r.owner_id is not null and r.promised_until > clock()

-- name: promises_of
-- row: tocsin.alerts.promises.Promise
-- What a person promised, the soonest first.
select id as alert_id, number, message, priority, promised_until from alerts
where owner_id = $1 and promised_until is not null and closed_at is null order by promised_until limit 50

-- name: defaults
-- row: tocsin.alerts.promises.PromiseDefault
-- What an acknowledgement promises, by priority.
select priority, minutes, machines from promise_defaults order by priority

-- name: set_default
-- For acknowledgements from now on; answers what it was.
update promise_defaults d set minutes = $2, machines = $3
from (select * from promise_defaults where priority = $1 for update) old
where d.priority = old.priority returning old.minutes, old.machines
