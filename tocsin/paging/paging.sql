-- name: end_running
-- Before an alert's escalation begins anew: what runs gives way, and what it had queued is dropped.
with ended as (
    update escalations e set ended_at = clock(), next_at = null,
        end_reason = case when a.snoozed_until > clock() then 'snoozed' else 'replaced' end
    from alerts a where a.id = any ($1::uuid[]) and e.alert_id = a.id and e.ended_at is null
    returning e.id
)
update deliveries d set state = case when d.sent_at is null then 'cancelled' else 'sent' end
where d.id in (
    select q.id from ended join pages p on p.escalation_id = ended.id join deliveries q on q.page_id = p.id
    where q.state = 'queued' and q.purpose = 'page' for update of q skip locked
)

-- name: lock_alerts
-- engine
-- Before escalations begin: what another process begins at this moment is waited for, and then seen.
select id from alerts where id = any ($1::uuid[]) order by id for no key update

-- name: group_alerts
-- engine
-- Before escalations begin, those that a rule groups join their group. $2: also those that had an escalation.
select group_alerts($1::uuid[], $2)

-- name: begin_escalations
-- engine
-- Hundreds of alerts at once: freezes each service's policy into an escalation, starting now or when the snooze ends.
-- An alert that pages nobody gets an escalation that has ended, with the reason; one that does so for a while only also gets
-- a row that says until when. $2: also for those that had one. $3: whether silences and groups are heeded.
with asked as (
    select a.id, a.urgency, greatest(clock(), a.snoozed_until) as start, s.name as service, p.id as policy_id, p.name
    from alerts a
    left join services s on s.id = a.service_id
    left join escalation_policies p on p.id = s.escalation_policy_id and p.archived_at is null
    where a.id = any ($1::uuid[]) and a.closed_at is null and a.acknowledged_at is null
      and ($2 or not exists (select from escalations e where e.alert_id = a.id))
), plans as materialized (
    select policy_id, policy_plan(policy_id) as plan
    from (select distinct policy_id from asked where policy_id is not null) wanted
), hushed as materialized (
    select * from hushed_alerts(case when $3 then $1::uuid[] end)
), ready as (
    select asked.*, coalesce(plan, '{}') as plan, step_delay(plan, 0) as delay, h.alert_id is not null as hushed,
           h.silence_id, h.under_id, h.until, h.end_reason, h.words, h.group_id
    from asked left join plans using (policy_id) left join hushed h on h.alert_id = asked.id
), begun as (
    insert into escalations (alert_id, policy_id, policy_name, plan, urgency, round_started_at, next_at, ended_at,
                             end_reason, error)
    select id, policy_id, coalesce(name, ''), plan, urgency, start, case when not hushed then start + delay end,
           case when delay is null or hushed then clock() end,
           case when delay is null then 'nobody' when hushed then end_reason end,
           case when delay is not null then words
                when service is null then 'Nobody is paged because this alert belongs to no service.'
                when name is null then 'Nobody is paged because ' || service || ' has no escalation policy.'
                else 'Nobody is paged because the policy ' || name || ' has no steps.' end
    from ready
    on conflict (alert_id) where ended_at is null do nothing
    returning id, alert_id, ended_at
), kept as (
    insert into silenced_alerts (alert_id, silence_id, under_id, until, group_id)
    select id, silence_id, under_id, until, group_id from ready where hushed and delay is not null
    on conflict (alert_id) where over_at is null
    do update set silence_id = excluded.silence_id, under_id = excluded.under_id, until = excluded.until,
                  group_id = excluded.group_id, at = clock()
), woken as (
    update silenced_alerts set over_at = clock()
    where over_at is null and alert_id in (select id from ready where not hushed)
)
select id, alert_id, ended_at from begun

-- name: advance
-- engine
-- Takes due escalations, pages whoever their step means, queues a delivery per way to reach each person, and moves on.
-- Those whose alert needs nobody any more are ended here, so nothing that is due stays due.
-- $1: only these (null: all); $2: at most so many. Delays count from the round's start. After a stall: one step per
-- pass, 30 seconds apart or the steps' own gap. A step that reaches nobody is noted, and the next one is due at once; one
-- whose conditions do not hold is noted, and the next one waits for its own time. Behind the last round comes the final step;
-- at once when every step of the round was skipped. `paging/forecast.py` says the same in Python.
with due as materialized (
    select e.id, e.alert_id, e.plan, e.policy_name, e.urgency, e.round, e.step, e.round_started_at as start, e.only_skipped,
           coalesce('; ' || e.because, '') as because,
           jsonb_array_length(e.plan -> 'steps') - 1 as last, a.snoozed_until, a.priority, a.tags, e.next_at as was_due,
           case when a.closed_at is not null then 'closed' when a.acknowledged_at is not null then 'acknowledged' end as over
    from escalations e join alerts a on a.id = e.alert_id
    where e.ended_at is null and e.next_at <= clock() and ($1::uuid[] is null or e.id = any ($1))
    order by e.next_at limit $2
    for update of e skip locked
), live as materialized (
    -- Escalations that began together share plan and step: they are numbered as one kind, and whom it means is asked once.
    select due.*, why_skipped(plan -> 'steps' -> step -> 'when', priority, tags, clock()) as skipped,
           dense_rank() over (order by plan, step) as kind
    from due where over is null and (snoozed_until is null or snoozed_until <= clock())
), kinds as materialized (
    select kind, plan, step, step_wants_people(plan, step) as wants_people
    from (select distinct on (kind) kind, plan, step from live where skipped is null order by kind) s
), meant as materialized (
    select k.kind, r.user_id, r.channel_id, r.turn_of, r.reason
    from kinds k cross join lateral step_recipients(k.plan, k.step) r
), wishes as materialized (
    select live.id, live.alert_id, live.round, live.step, live.urgency, meant.turn_of, meant.reason || live.because as reason,
           row_number() over (partition by meant.turn_of order by live.was_due, live.id) as place
    from meant join live using (kind) where meant.turn_of is not null and live.skipped is null
), turns as (
    -- One after the other, in the same order in every process: each waits for the number that the one before left.
    insert into team_turns (team_id, given)
    select turn_of, count(*) from wishes group by turn_of order by turn_of
    on conflict (team_id) do update set given = team_turns.given + excluded.given
    returning team_id, given
), in_turn as materialized (
    select t.team_id, t.given - (select count(*) from wishes w where w.turn_of = t.team_id) as before,
           array(select u.id from team_members m join users u on u.id = m.user_id and u.disabled_at is null
                 where m.team_id = t.team_id order by u.id) as members
    from turns t
), recipients as (
    select live.id, live.alert_id, live.round, live.step, live.urgency, meant.user_id, meant.channel_id,
           meant.reason || live.because as reason
    from meant join live using (kind) where meant.turn_of is null and live.skipped is null
    union all
    select w.id, w.alert_id, w.round, w.step, w.urgency,
           t.members[1 + ((t.before + w.place - 1) % cardinality(t.members))::integer], null, w.reason
    from wishes w join in_turn t on t.team_id = w.turn_of where cardinality(t.members) > 0
), new_pages as (
    insert into pages (alert_id, escalation_id, user_id, channel_id, round, step, reason, urgency)
    select alert_id, id, user_id, channel_id, round, step, reason, urgency from recipients
    on conflict do nothing
    returning id, escalation_id, user_id, channel_id, urgency
), reach as materialized (
    select p.user_id, p.urgency, w.*
    from (select distinct user_id, urgency from new_pages where user_id is not null) p
    cross join lateral ways(p.user_id, p.urgency) w
), new_deliveries as (
    insert into deliveries (page_id, user_id, contact_method_id, transport, address, due_at, state, error, failed_at)
    select p.id, p.user_id, r.contact_method_id, r.transport, r.address, r.due_at, r.state, r.error, r.failed_at
    from new_pages p join reach r using (user_id, urgency)
    union all
    select p.id, null, null, c.transport, c.address, clock(), 'queued', null, null
    from new_pages p join page_channels c on c.id = p.channel_id
    returning page_id, state, due_at
), reached as (
    select p.escalation_id as id, count(*) filter (where d.state = 'queued') as queued,
           count(*) filter (where d.state = 'queued' and p.user_id is not null) as to_people,
           count(*) filter (where p.user_id is not null) as people,
           min(d.due_at) filter (where d.state = 'queued' and p.user_id is not null) as heard_at
    from new_pages p join new_deliveries d on d.page_id = p.id group by p.escalation_id
), outcome as materialized (
    -- A channel that was told wakes nobody: where people were meant and none is found, the step is empty all the same.
    -- What is not urgent and waits for people's working hours has not failed: the steps behind it wait as long.
    select live.id, live.plan, live.policy_name, live.round, live.step,
           live.start + greatest(reached.heard_at - clock(), interval '0') as start, live.only_skipped, live.last, live.skipped,
           coalesce(reached.people, 0) as people, live.skipped is null and (
               case when kinds.wants_people then coalesce(reached.to_people, 0) else coalesce(reached.queued, 0) end) = 0 as empty
    from live left join reached using (id) left join kinds using (kind)
), noted as (
    insert into empty_steps (escalation_id, round, step, reason, skipped)
    select id, round, step, case when skipped is not null then skipped
        when people = 0 then 'Nobody is on call for it, and nobody active is named in it.'
        else 'Nobody in it has a contact method that works.' end, skipped is not null
    from outcome where (empty or skipped is not null) and (step <= last or plan -> 'final' ? 'team')
    on conflict do nothing
), planned as (
    select *, only_skipped and skipped is not null as idle, plan -> 'final' ->> 'team' as fallback,
           start + step_delay(plan, step + 1) as follows,
           greatest(start + step_delay(plan, last) + make_interval(secs => (plan ->> 'repeat_after_s')::integer),
                    clock() + interval '30 seconds') as again,
           least(interval '30 seconds', step_delay(plan, step + 1) - step_delay(plan, step)) as gap
    from outcome
), verdict as (
    select id, round, step + 1 as step, start, idle, null as end_reason, null as error,
           case when empty then clock() when follows > clock() then follows else clock() + gap end as next_at
    from planned where step < last
    union all
    select id, round + 1, 0, again, true, null, null, again + step_delay(plan, 0)
    from planned where step = last and round < (plan ->> 'repeats')::integer and not idle
    union all
    select id, round, last + 1, start, idle, null, null, case when empty or idle then clock() else again end
    from planned where step = last and (round >= (plan ->> 'repeats')::integer or idle) and fallback is not null
    union all
    select id, round, step, start, idle, 'exhausted', exhausted_words(plan, policy_name, step > last, empty, idle), null
    from planned where step > last
        or step = last and (round >= (plan ->> 'repeats')::integer or idle) and fallback is null
    union all
    select id, round, step, start, only_skipped, over, null, null from due where over is not null
    union all
    select id, round, step, start, only_skipped, null, null, snoozed_until from due where over is null and snoozed_until > clock()
), moved as (
    update escalations e set round = v.round, step = v.step, round_started_at = v.start, next_at = v.next_at,
        only_skipped = v.idle, end_reason = v.end_reason, error = v.error,
        ended_at = case when v.end_reason is not null then clock() end
    from verdict v where v.id = e.id
)
select due.id, due.alert_id, coalesce(reached.queued, 0) as queued from due left join reached using (id)

-- name: next_escalation
-- engine
-- When the engine has to look again.
select min(next_at) from escalations where ended_at is null

-- name: due_escalations
-- engine
-- The ids of a batch that failed as a whole: they are taken one by one.
select id from escalations where ended_at is null and next_at <= clock() order by next_at limit $1

-- name: set_escalation_aside
-- Poisoned: kept with its error, never run again; the reconciler leaves it to people.
update escalations set ended_at = clock(), next_at = null, end_reason = 'failed', error = $2 where id = $1

-- name: end_escalations
-- engine
-- After alerts were acknowledged or closed: ends what runs, drops what is queued, marks the pages of whoever did it,
-- and tells the others who were paged, once per page: who has it, or that it is over.
with event as (
    select e.stream as alert_id, e.kind, e.actor_id, coalesce(nullif(a.acknowledged_by, ''), e.actor) as by,
           e.actor, a.closed_at, a.acknowledged_at
    from unnest($1::uuid[], $2::integer[]) as t (stream, seq)
    join entries e on e.stream = t.stream and e.seq = t.seq
    join alerts a on a.id = e.stream
), ended as (
    update escalations x set ended_at = clock(), next_at = null,
        end_reason = case when e.closed_at is not null then 'closed' else 'acknowledged' end
    from event e
    where x.alert_id = e.alert_id and x.ended_at is null and coalesce(e.closed_at, e.acknowledged_at) is not null
), answered as (
    update pages p set acknowledged_at = clock() from event e
    where p.alert_id = e.alert_id and e.kind = 'alert_acknowledged' and p.user_id = e.actor_id
      and p.acknowledged_at is null and e.acknowledged_at is not null
), dropped as (
    update deliveries set state = case when sent_at is null then 'cancelled' else 'sent' end where id in (
        select d.id from event e join alerts a on a.id = e.alert_id join pages p on p.alert_id = a.id
        join deliveries d on d.page_id = p.id
        where d.state = 'queued' and d.purpose = 'page' and page_is_moot(p, a) for update of d skip locked
    )
)
insert into deliveries (page_id, user_id, contact_method_id, transport, address, purpose, message)
select distinct on (p.alert_id, coalesce(p.user_id, p.channel_id)) p.id, p.user_id, d.contact_method_id, d.transport, d.address,
       case when e.closed_at is null then 'notice' else 'all_clear' end,
       jsonb_build_object('text', case when e.closed_at is null then e.by || ' has it.' else 'Closed by ' || e.actor || '.' end)
from event e
join pages p on p.alert_id = e.alert_id and p.user_id is distinct from e.actor_id
join deliveries d on d.page_id = p.id and d.purpose = 'page'
    and (d.state in ('sending', 'sent', 'delivered', 'seen') or d.sent_at is not null)
where (e.kind = 'alert_acknowledged' and e.acknowledged_at is not null and e.closed_at is null
       or e.kind = 'alert_closed' and e.closed_at is not null and e.acknowledged_at is null)
  and not exists (select from deliveries n join pages o on o.id = n.page_id
                  where o.alert_id = p.alert_id and coalesce(o.user_id, o.channel_id) = coalesce(p.user_id, p.channel_id)
                    and n.purpose in ('notice', 'all_clear')
                    and n.queued_at >= p.created_at)
order by p.alert_id, coalesce(p.user_id, p.channel_id), p.created_at desc, d.sent_at desc nulls last

-- name: handed_over
-- engine
-- Alerts that somebody gave to somebody else, who is still meant.
select a.id as alert_id, a.owner_id as user_id, u.name as owner, e.actor as by
from unnest($1::uuid[], $2::integer[]) as t (stream, seq)
join entries e on e.stream = t.stream and e.seq = t.seq
join alerts a on a.id = e.stream and a.closed_at is null
join users u on u.id = a.owner_id and u.disabled_at is null
where a.owner_id is distinct from e.actor_id

-- name: page_directly
-- engine
-- Pages named people at once, besides any escalation. A page made in the same instant as an acknowledgement stands.
with new_pages as (
    insert into pages (id, alert_id, user_id, reason, urgency)
    select t.id, a.id, t.user_id, t.reason, a.urgency
    from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) as t (id, alert_id, user_id, reason)
    join alerts a on a.id = t.alert_id
    returning id, user_id, urgency
)
insert into deliveries (page_id, user_id, contact_method_id, transport, address, due_at, state, error, failed_at)
select p.id, p.user_id, w.* from new_pages p cross join lateral ways(p.user_id, p.urgency) w

-- name: pageable
-- Whether an alert can still page this person.
select a.closed_at is not null as closed, u.name, u.disabled_at is not null as disabled
from alerts a, users u where a.id = $1 and u.id = $2

-- name: next_delivery
-- engine
-- When the sender has to look again: something queued falls due, or a lease of a dead process runs out.
select least((select min(due_at) from deliveries where state = 'queued'),
             (select min(leased_until) from deliveries where state = 'sending'))

-- name: fail_unroutable
-- What names a transport that this installation does not have fails visibly, at once.
update deliveries set state = 'failed', failed_at = clock(), leased_until = null,
    error = 'This installation has no transport named ' || transport || '.'
where id in (
    select id from deliveries
    where (state = 'queued' and due_at <= clock() or state = 'sending' and leased_until < clock())
      and transport <> all ($1::text[])
    for update skip locked
)
returning id, page_id, attempts, 'failed' as outcome

-- name: record_results
-- Many outcomes at once, each only if this process still held the row. Every try is kept, with its vendor. A pause of
-- nothing means that the next vendor is asked at once; any other pause begins a new round of all of them.
-- A receipt that it has arrived may have come first: it stands. A test that got through makes its method usable again; one
-- that is gone is not tried any more.
with result as (
    select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::float8[], $5::text[], $6::text[], $7::boolean[],
                         $8::boolean[], $9::text[], $10::integer[], $11::boolean[], $12::boolean[], $13::float8[])
        as t (id, attempt, outcome, after, vendor_id, error, maybe_sent, gone, vendor, took_ms, fault, hopeless, receipt_s)
), changed as (
    update deliveries d set
        state = case when r.outcome = 'retry' and d.delivered_at is null then 'queued'
                     when (r.outcome <> 'failed' or d.delivered_at is not null) and d.seen_at is not null then 'seen'
                     when d.delivered_at is not null then 'delivered' else r.outcome end,
        due_at = case when r.outcome = 'retry' then clock() + make_interval(secs => r.after) else d.due_at end,
        leased_until = null,
        vendor_id = coalesce(nullif(r.vendor_id, ''), d.vendor_id),
        error = case when r.outcome in ('retry', 'failed') and d.delivered_at is null then nullif(r.error, '') end,
        maybe_repeated = d.maybe_repeated or r.maybe_sent,
        sent_at = case when r.outcome in ('sent', 'delivered') then clock() else d.sent_at end,
        delivered_at = case when r.outcome = 'delivered' then clock() else d.delivered_at end,
        failed_at = case when r.outcome = 'failed' and d.delivered_at is null then clock() end,
        tried = case when r.outcome = 'retry' and r.after > 0 then '{}' else d.tried || r.vendor end,
        hopeless = case when r.hopeless then d.hopeless || r.vendor else d.hopeless end,
        receipt_due_at = case when r.outcome = 'sent' and r.receipt_s > 0 and d.delivered_at is null
                              then clock() + make_interval(secs => r.receipt_s) end,
        message = case when d.purpose = 'link' and r.outcome <> 'retry' then null else d.message end
    from result r where d.id = r.id and d.state = 'sending' and d.attempts = r.attempt
    returning d.id, d.page_id, d.contact_method_id, d.purpose, d.attempts, r.outcome, r.gone, r.error, r.vendor, r.after,
        d.hopeless
), kept as (
    insert into delivery_attempts (delivery_id, attempt, outcome, detail, vendor, took_ms, fault, gone)
    select id, attempt, outcome, error, vendor, took_ms, fault, gone from result on conflict do nothing
), unusable as (
    insert into unusable_methods (contact_method_id, reason)
    select distinct on (contact_method_id) contact_method_id, error from changed
    where gone and outcome = 'failed' and contact_method_id is not null
      -- One vendor that refused for another reason may still reach it some day.
      and not exists (select from delivery_attempts a where a.delivery_id = changed.id and a.outcome = 'retry'
                      and a.vendor = any (changed.hopeless) and not a.gone)
    on conflict do nothing
), usable as (
    delete from unusable_methods x using changed c
    where x.contact_method_id = c.contact_method_id and c.purpose = 'test' and c.outcome in ('sent', 'delivered')
)
select c.id, c.page_id, c.outcome, c.attempts, c.vendor, c.after, p.alert_id
from changed c left join pages p on p.id = c.page_id

-- name: keep_receipt
-- engine
-- What a vendor tells about a message it has taken: $3 is delivered or failed. Told twice, it counts once. That it has
-- arrived counts at once, whoever brought it; a failure is settled by a statement of its own.
with told as (
    insert into delivery_receipts (delivery_id, vendor_id, outcome, detail)
    select id, $2, $3, $4 from deliveries where id = $1
    on conflict do nothing
    returning delivery_id, outcome, detail
), changed as (
    update deliveries d set
        state = case when d.state = 'sending' then 'sending' when d.seen_at is not null then 'seen' else 'delivered' end,
        delivered_at = coalesce(d.delivered_at, clock()),
        sent_at = coalesce(d.sent_at, case when d.state = 'queued' then clock() end),
        failed_at = null,
        error = null
    from told t
    where d.id = t.delivery_id and t.outcome = 'delivered'
      and d.state in ('queued', 'sending', 'sent', 'seen', 'failed')
    returning d.id, d.page_id, d.attempts, t.outcome
), kept as (
    insert into delivery_attempts (delivery_id, attempt, outcome, detail, vendor, took_ms, receipt)
    select d.id, coalesce(a.attempt, d.attempts), t.outcome, t.detail, d.transport || '/' || split_part($2, ':', 1),
           extract(epoch from clock() - a.at) * 1000, true
    from told t join deliveries d on d.id = t.delivery_id
    left join lateral (
        select h.attempt, h.at from delivery_attempts h
        where h.delivery_id = d.id and h.outcome = 'sent' and h.vendor = d.transport || '/' || split_part($2, ':', 1)
        order by h.attempt desc limit 1
    ) a on true
    on conflict do nothing
)
select c.id, c.page_id, c.outcome, c.attempts, p.alert_id from changed c left join pages p on p.id = c.page_id

-- name: settle_receipts
-- engine
-- Messages of which the vendor that has them told a failure. Asked after the receipt is kept, and after the hand-over is
-- noted, each time by a new statement: whichever comes second sees both.
with changed as (
    update deliveries d set state = 'failed', failed_at = clock(), error = x.detail
    from delivery_receipts x
    where d.id = any ($1::uuid[]) and d.state = 'sent' and x.delivery_id = d.id and x.vendor_id = d.vendor_id
      and x.outcome = 'failed'
    returning d.id, d.page_id, d.attempts
)
select c.id, c.page_id, 'failed' as outcome, c.attempts, p.alert_id from changed c left join pages p on p.id = c.page_id

-- name: page_sent_to
-- engine
-- The page that was sent last to a number by SMS in the last week; $2: about this alert only.
select d.id, d.page_id, d.user_id, d.contact_method_id, d.bundle_id, a.number, a.message, a.priority
from deliveries d join pages p on p.id = d.page_id join alerts a on a.id = p.alert_id
where d.transport = 'sms' and d.purpose = 'page' and d.address = $1 and d.queued_at > clock() - interval '7 days'
  and (d.sent_at is not null or d.maybe_repeated) and ($2::integer is null or a.number = $2)
order by coalesce(d.sent_at, d.queued_at) desc limit 1

-- name: page_of_delivery
-- The page that a message was about.
select page_id from deliveries where id = $1

-- name: next_method_now
-- A message of a page has failed for good: the person's next one does not wait for its delay. What is not urgent still waits until
-- they may be disturbed.
update deliveries set due_at = case when d.urgency = 'low' then undisturbed_moment(user_id, clock()) else clock() end
from (
    select d.id, d.urgency from unnest($1::uuid[]) as failed (page_id) cross join lateral (
        select q.id, p.urgency from deliveries q join pages p on p.id = q.page_id
        where q.page_id = failed.page_id and q.state = 'queued' and q.purpose = 'page' and q.attempts = 0
          and q.due_at > clock()
        order by q.passed_over, q.due_at limit 1 for update of q skip locked
    ) d
) d where deliveries.id = d.id

-- name: next_step_now
-- While every message of an escalation has failed for good, its next step does not wait (a new round still does). That a channel
-- was told does not count where people are meant.
update escalations set next_at = clock() where id in (
    select e.id from escalations e
    where e.id in (select escalation_id from pages where id = any ($1::uuid[]))
      and e.ended_at is null and e.step > 0 and e.next_at > clock()
      and not exists (select from pages p join deliveries d on d.page_id = p.id
                      where p.escalation_id = e.id and d.purpose = 'page' and d.state not in ('failed', 'cancelled')
                        and (p.user_id is not null or not exists (
                            select from pages q where q.escalation_id = e.id and q.user_id is not null)))
    for update skip locked
)

-- name: mark_seen
-- The page's link was opened; which message it came from is not known, so all that left count as seen.
update deliveries set seen_at = clock(),
    state = case when state in ('sent', 'delivered') then 'seen' else state end
where page_id = $1 and purpose = 'page' and seen_at is null and state in ('sending', 'sent', 'delivered')

-- name: confirm_test
-- Whoever asked for a test page says that it arrived; the first time counts.
update deliveries set seen_at = coalesce(seen_at, clock()),
    state = case when state in ('sent', 'delivered') then 'seen' else state end
where id = $1 and user_id = $2 and purpose = 'test' and state in ('sending', 'sent', 'delivered', 'seen')

-- name: last_test
-- The test page that somebody asked for last, as long as they may remember it; weekly tests carry a link of their own.
select id from deliveries
where user_id = $1 and purpose = 'test' and message ->> 'url' is null and queued_at > clock() - interval '1 day'
order by queued_at desc limit 1

-- name: page_for_link
-- Whom a link speaks for, and what about.
select p.alert_id, p.acknowledged_at, u.id as user_id, u.name, u.role, u.disabled_at, u.time_zone,
       a.closed_at, a.acknowledged_at as alert_acknowledged_at, coalesce(a.acknowledged_by, '') as acknowledged_by
from pages p join users u on u.id = p.user_id join alerts a on a.id = p.alert_id where p.id = $1

-- name: answer_page
-- The person said "I have it", whoever had it first.
update pages set acknowledged_at = clock() where id = $1 and acknowledged_at is null

-- name: method_of
-- A contact method and whose it is.
select m.user_id, m.transport, m.address, u.name from contact_methods m join users u on u.id = m.user_id where m.id = $1

-- name: queue_message
-- One message that is no page; due now.
insert into deliveries (id, user_id, contact_method_id, transport, address, purpose, message)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: escalation_of
-- row: Escalation
-- The latest escalation of an alert.
select id, alert_id, policy_id, policy_name, plan, urgency, round, step, round_started_at, started_at, next_at, ended_at,
       end_reason, error, only_skipped
from escalations where alert_id = $1 order by started_at desc, ended_at is null desc limit 1

-- name: pages_of_alert
-- row: Page
-- All pages of an alert, oldest first.
select p.id, p.alert_id, a.number as alert_number, a.message as alert_message, p.escalation_id, p.user_id,
       coalesce(u.name, k.name) as user_name, p.round, p.step, p.reason, p.urgency, p.created_at, p.acknowledged_at,
       case when a.closed_at is not null then 'closed' when a.snoozed_until > clock() then 'snoozed'
            when a.acknowledged_at is not null then 'acknowledged' else 'open' end as alert_state
from pages p left join users u on u.id = p.user_id left join page_channels k on k.id = p.channel_id
join alerts a on a.id = p.alert_id
where p.alert_id = $1 order by p.created_at, user_name limit 500

-- name: pages_of_user
-- row: Page
-- A person's newest pages; $2: only those that still wait for an answer.
select p.id, p.alert_id, a.number as alert_number, a.message as alert_message, p.escalation_id, p.user_id,
       u.name as user_name, p.round, p.step, p.reason, p.urgency, p.created_at, p.acknowledged_at,
       case when a.closed_at is not null then 'closed' when a.snoozed_until > clock() then 'snoozed'
            when a.acknowledged_at is not null then 'acknowledged' else 'open' end as alert_state
from pages p join users u on u.id = p.user_id join alerts a on a.id = p.alert_id
where p.user_id = $1 and not ($2 and page_is_moot(p, a))
order by p.created_at desc limit $3

-- name: deliveries_of_pages
-- row: Delivery
-- The messages of pages, oldest first. Of a channel's web address only the host is told: the rest may be a secret.
select d.id, d.page_id, d.transport,
       case when d.user_id is null then regexp_replace(d.address, '^(https?://)([^/@]*@)?([^/?#]+).*$', '\1\3') else d.address end as address,
       coalesce(m.label, '') as label, d.purpose, d.state, d.attempts, d.error,
       d.maybe_repeated, d.due_at, d.queued_at, d.sent_at, d.delivered_at, d.seen_at, d.failed_at,
       coalesce(d.vendor_id, '') as vendor_id, beside(d) as beside, is_gathering(d) as gathering
from deliveries d left join contact_methods m on m.id = d.contact_method_id
where d.page_id = any ($1::uuid[]) order by d.queued_at, d.due_at

-- name: delivery
-- row: Delivery
-- One message, for whoever waits for its outcome.
select d.id, d.page_id, d.transport, d.address, coalesce(m.label, '') as label, d.purpose, d.state, d.attempts, d.error,
       d.maybe_repeated, d.due_at, d.queued_at, d.sent_at, d.delivered_at, d.seen_at, d.failed_at,
       coalesce(d.vendor_id, '') as vendor_id, beside(d) as beside, is_gathering(d) as gathering
from deliveries d left join contact_methods m on m.id = d.contact_method_id
where d.id = $1

-- name: attempts
-- row: tocsin.paging.ledger_model.Attempt
-- Every try of these messages, and what was told about them later.
select delivery_id, attempt, at, outcome, detail, vendor, took_ms, fault, receipt
from delivery_attempts where delivery_id = any ($1::uuid[]) order by delivery_id, attempt, at

-- name: empty_steps_of
-- row: EmptyStep
-- Steps that found nobody or were skipped, oldest first.
select s.escalation_id, s.round, s.step, s.at, s.reason, s.skipped
from empty_steps s join escalations e on e.id = s.escalation_id where e.alert_id = $1 order by s.at

-- name: anybody_reachable
-- Whether at least one active person has a usable contact method over one of these transports.
select exists (
    select from contact_methods m join users u on u.id = m.user_id and u.disabled_at is null
    where m.transport = any ($1::text[]) and not exists (select from unusable_methods x where x.contact_method_id = m.id)
)

-- name: unusable_methods_of
-- A person's methods whose far end is gone, with the reason.
select x.contact_method_id, x.since, x.reason from unusable_methods x
join contact_methods m on m.id = x.contact_method_id where m.user_id = $1
