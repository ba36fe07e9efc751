-- name: next_look
-- engine
-- When it has to look again; at once when the clock stands before the last look: then it went back.
select case when ran_at > clock() + interval '5 seconds' then clock() else ran_at + interval '30 seconds' end
from reconciler

-- name: take_turn
-- engine
-- One process at a time, twice a minute. When it looked last and what the clock says now; no row: somebody else just did.
update reconciler r set ran_at = clock() from (select ran_at from reconciler for update) before
where before.ran_at <= clock() - interval '30 seconds' or before.ran_at > clock() + interval '5 seconds'
returning before.ran_at as looked_at, r.ran_at as now

-- name: count_findings
-- engine
-- For metrics: how many were taken up, and whether the clock had gone back.
update reconciler set resumed = resumed + $1, clock_went_back = clock_went_back + $2

-- name: unattended
-- engine
-- Open alerts that nobody has, for which paging never began, or ended although nobody has them; a minute after it can
-- only be a mistake. Whoever was just paged by name has five minutes to answer.
select a.id, e.id is not null as begun, case
           when e.id is null then 'paging had never begun.'
           when e.end_reason = 'failed' then 'paging had failed: ' || coalesce(e.error, 'for an unknown reason.')
           else 'paging had ended (' || e.end_reason || '), and nobody has it.' end as reason,
       (select count(*) from escalations f where f.alert_id = a.id and f.end_reason = 'failed') > 1 as hopeless
from alerts a left join lateral (
    select x.id, x.end_reason, x.ended_at, x.error from escalations x
    where x.alert_id = a.id order by x.started_at desc, x.ended_at is null desc limit 1
) e on true
where a.closed_at is null and a.acknowledged_at is null and a.created_at < clock() - interval '60 seconds'
  and (a.snoozed_until is null or a.snoozed_until < clock() - interval '60 seconds')
  and (e.id is null or e.ended_at < clock() - interval '60 seconds'
       and e.end_reason in ('acknowledged', 'closed', 'snoozed', 'replaced', 'failed'))
  and not exists (select from pages p where p.alert_id = a.id and p.user_id is not null and p.created_at > clock() - interval '5 minutes')
order by a.priority, a.created_at limit $1

-- name: stuck
-- engine
-- Escalations that have been due for two minutes: whoever should have taken the step did not.
select id, alert_id from escalations
where ended_at is null and next_at < clock() - interval '2 minutes' order by next_at limit $1

-- name: unsent
-- engine
-- Pages with a message that has waited for two minutes and was never tried: the way it should go is blocked.
select distinct page_id from (
    select page_id from deliveries
    where state = 'queued' and due_at < clock() - interval '2 minutes' and attempts = 0 and purpose = 'page'
    order by due_at limit $1
) q where page_id is not null

-- name: say_resumed
-- engine
-- The record says what was found.
with found as (
    select * from jsonb_to_recordset($1::jsonb) as x (id uuid, payload jsonb)
), changed as (
    update alerts a set head = a.head + 1 from found where a.id = found.id returning a.id, a.head, found.payload
)
insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)
select id, 'alert', head, 'paging_resumed', clock(), 'Tocsin', 'engine', payload from changed

-- name: page_administrators
-- engine
-- The last resort, once per alert: its paging failed again, so the administrators are paged by name.
with found as (
    select a.id, a.urgency from alerts a where a.id = any ($1::uuid[])
      and not exists (select from pages p where p.alert_id = a.id and p.reason = $2)
), new_pages as (
    insert into pages (alert_id, user_id, reason, urgency)
    select f.id, u.id, $2, f.urgency from found f cross join users u where u.role = 'admin' and u.disabled_at is null
    returning id, user_id, urgency
)
insert into deliveries (page_id, user_id, contact_method_id, transport, address, due_at, state, error, failed_at)
select p.id, p.user_id, w.* from new_pages p cross join lateral ways(p.user_id, p.urgency) w

-- name: escalations_back
-- engine
-- The clock went back by $1: what was to happen at a time is due as long from now as it was then.
update escalations set next_at = next_at - $1::interval, round_started_at = round_started_at - $1::interval
where ended_at is null and next_at > clock() and started_at <= clock() + $1::interval

-- name: deliveries_back
-- engine
-- The same for messages that wait.
update deliveries set due_at = due_at - $1::interval where state = 'queued' and due_at > clock()

-- name: leases_back
-- engine
-- The same for what a process had taken, and may have died with; and for receipts that are waited for.
with held as (
    update deliveries set leased_until = leased_until - $1::interval where state = 'sending' and leased_until > clock()
)
update deliveries set receipt_due_at = receipt_due_at - $1::interval where receipt_due_at > clock() and state <> 'sending'

-- name: rests_back
-- The same for vendors that rest.
update vendors set resting_until = resting_until - $1::interval, probing_until = probing_until - $1::interval
where resting_until > clock() or probing_until > clock()

-- name: looks_back
-- engine
-- The same for pages that somebody sent: when they are looked after.
update direct_pages set look_at = look_at - $1::interval where look_at > clock()

-- name: state_of_paging
-- row: tocsin.paging.reconcile.StateOfPaging
-- For an outside monitor and for metrics; by indexes alone.
select extract(epoch from clock() - r.ran_at)::float8 as looked_s_ago, r.resumed, r.clock_went_back,
    (select count(*) from deliveries where state = 'queued' and due_at < clock() - interval '2 minutes') as unsent,
    (select count(*) from escalations where ended_at is null and next_at < clock() - interval '2 minutes') as stuck,
    (select count(*) from escalations where ended_at is null) as running,
    (select count(distinct a.id) from escalations e join alerts a on a.id = e.alert_id
     where e.end_reason = 'failed' and a.closed_at is null and a.acknowledged_at is null) as failed
from reconciler r
