-- name: names_to_page
-- row: tocsin.paging.whom.Named
-- Everybody and everything that can be paged by name. A service stands for its policy.
select 'person' as kind, id, name, email, null::uuid as policy_id from users where disabled_at is null
union all select 'schedule', id, name, '', null from schedules where archived_at is null
union all select 'team', id, name, '', null from teams
union all select 'service', s.id, s.name, '', p.id from services s
    left join escalation_policies p on p.id = s.escalation_policy_id and p.archived_at is null
    where s.archived_at is null
union all select 'policy', id, name, '', id from escalation_policies where archived_at is null
order by 3, 1

-- name: plan_of_policy
-- The plan that a policy would freeze now.
select policy_plan($1)

-- name: would_wake
-- row: tocsin.paging.direct.Woken
-- Whom a plan would page at this moment: the first step whose conditions hold. Somebody in turn is not known ahead.
with first as (
    select n.step from generate_series(0, jsonb_array_length($1::jsonb -> 'steps') - 1) as n (step)
    where why_skipped($1 -> 'steps' -> n.step -> 'when', $2, '{}', clock()) is null order by n.step limit 1
)
select u.id, coalesce(u.name, 'somebody in ' || t.name || ', in turn') as name, coalesce(u.time_zone, '') as time_zone, r.reason,
       u.id is null or exists (select from ways(u.id, $3) w where w.state = 'queued') as reachable
from first cross join lateral step_recipients($1, first.step) r
left join users u on u.id = r.user_id left join teams t on t.id = r.turn_of
where r.channel_id is null order by 2

-- name: send_directly
-- Before the escalation begins: by which plan, and for whom.
insert into direct_pages (alert_id, target, plan, policy_id, sender_id) values ($1, $2, $3, $4, $5)

-- name: begin_direct
-- engine
-- Of these alerts, those that somebody sent: their escalation begins by the plan that was frozen then, and it is watched again.
-- One row each, with the escalation if one begins. $2: also for those that had one.
with asked as (
    select d.alert_id, d.target, d.plan, d.policy_id, a.urgency, greatest(clock(), a.snoozed_until) as start,
           a.closed_at is null and a.acknowledged_at is null
           and ($2 or not exists (select from escalations e where e.alert_id = a.id)) as wanted
    from direct_pages d join alerts a on a.id = d.alert_id where d.alert_id = any ($1::uuid[])
), begun as (
    insert into escalations (alert_id, policy_id, policy_name, plan, urgency, round_started_at, next_at)
    select alert_id, policy_id, coalesce((select p.name from escalation_policies p where p.id = policy_id), target), plan, urgency,
           start, start + step_delay(plan, 0)
    from asked where wanted
    on conflict (alert_id) where ended_at is null do nothing
    returning id, alert_id, ended_at
), watched as (
    update direct_pages d set look_at = clock() from begun where d.alert_id = begun.alert_id
)
select asked.alert_id, begun.id, begun.ended_at from asked left join begun using (alert_id)

-- name: raise_head
-- The alert's record goes on.
update alerts set head = head + 1 where id = $1 returning head, number

-- name: people_paged
-- Who was paged for an alert, by name.
select distinct u.name from pages p join users u on u.id = p.user_id where p.alert_id = $1 order by u.name

-- name: next_look
-- engine
-- When somebody's page has to be looked after.
select min(look_at) from direct_pages where look_at is not null

-- name: look
-- engine
-- Pages that are due to be looked after. Answered: over. Running: again when its next step has run. Ended without an answer:
-- whoever was paged last has as long as a round's rest to answer, and then it is unanswered; at once if nobody was reached.
with due as materialized (
    select d.alert_id, d.target, d.sender_id, d.plan, a.priority, a.message, a.closed_at is not null or a.acknowledged_at is not null as over
    from direct_pages d join alerts a on a.id = d.alert_id
    where d.look_at <= clock() order by d.look_at limit 100
    for update of d skip locked
), seen as (
    select due.*, e.next_at, e.ended_at, e.end_reason in ('exhausted', 'nobody', 'failed') as unanswered,
           exists (select from pages p join deliveries m on m.page_id = p.id
                   where p.alert_id = due.alert_id and p.user_id is not null and m.purpose = 'page'
                     and m.state not in ('failed', 'cancelled')) as reached
    from due left join lateral (
        select x.next_at, x.ended_at, x.end_reason from escalations x
        where x.alert_id = due.alert_id order by x.started_at desc, x.ended_at is null desc limit 1
    ) e on true
), verdict as (
    select *, case
        when over then null
        when unanswered and reached then ended_at + make_interval(secs => (plan ->> 'repeat_after_s')::integer)
        when unanswered then ended_at
        when ended_at is not null then clock() + interval '1 minute'
        else greatest(coalesce(next_at, clock()), clock()) + interval '5 seconds' end as again
    from seen
), moved as (
    update direct_pages d set look_at = case when v.unanswered and v.again <= clock() then null else v.again end
    from verdict v where v.alert_id = d.alert_id
)
select alert_id, target, sender_id, reached, priority, message from verdict where not over and unanswered and again <= clock()

-- name: tell
-- Notices to one person each, over what they want to be woken by first. Whoever cannot be reached has a message that has failed.
insert into deliveries (user_id, contact_method_id, transport, address, purpose, message, state, error, failed_at)
select distinct on (t.number) t.user_id, w.contact_method_id, w.transport, w.address, 'notice',
       jsonb_build_object('subject', t.words, 'text', t.words, 'url', t.path), w.state, w.error, w.failed_at
from unnest($1::uuid[], $2::text[], $3::text[]) with ordinality as t (user_id, words, path, number)
join users u on u.id = t.user_id and u.disabled_at is null
cross join lateral ways(t.user_id, 'high') w
left join contact_methods m on m.id = w.contact_method_id
order by t.number, w.due_at, m.position, m.created_at

-- name: answered
-- engine
-- Of alerts that were just acknowledged, those whose sender waits for that and does not know it: by another, and was not paged too.
select d.sender_id, d.target, coalesce(nullif(a.acknowledged_by, ''), e.actor) as by, a.number, a.priority, a.message
from unnest($1::uuid[], $2::integer[]) as t (stream, seq)
join direct_pages d on d.alert_id = t.stream
join entries e on e.stream = t.stream and e.seq = t.seq and e.kind = 'alert_acknowledged'
join alerts a on a.id = t.stream and a.acknowledged_at is not null and a.closed_at is null
where d.sender_id is distinct from e.actor_id and d.sender_id is not null
  and not exists (select from pages p where p.alert_id = a.id and p.user_id = d.sender_id)
