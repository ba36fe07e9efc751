-- name: lapsed
-- engine
-- Whose acknowledgements lapsed, from the entries that say so; those that nobody has taken again since.
select a.id as alert_id, a.owner_id, e.payload ->> 'whose' as by,
       to_char((e.payload ->> 'at')::timestamptz at time zone 'UTC', 'HH24:MI') || ' UTC' as at
from unnest($1::uuid[], $2::integer[]) as t (stream, seq)
join entries e on e.stream = t.stream and e.seq = t.seq
join alerts a on a.id = e.stream and a.closed_at is null and a.acknowledged_at is null
    and (a.snoozed_until is null or a.snoozed_until <= clock())

-- name: active
-- engine
-- Those of these people who can be paged.
select id from users where id = any ($1::uuid[]) and disabled_at is null

-- name: go_on
-- engine
-- The escalations of these alerts go on where they stood, by the plan that they ran by: with the next step, in its round. $2 says
-- why; $3: the next step waits as long after this moment as it stands behind the step before, else it is due now. Where everybody
-- was paged already, it begins anew. An alert that was never paged for, or is quiet, is left alone; the others are answered.
with asked as (
    select a.id as alert_id, t.because from unnest($1::uuid[], $2::text[]) as t (id, because) join alerts a on a.id = t.id
    where a.closed_at is null and a.acknowledged_at is null and (a.snoozed_until is null or a.snoozed_until <= clock())
      and not exists (select from hushed_alerts($1) h where h.alert_id = a.id)
), latest as (
    select distinct on (e.alert_id) e.*, q.because as why, e.end_reason = 'exhausted' as spent
    from asked q join escalations e on e.alert_id = q.alert_id
    order by e.alert_id, e.started_at desc, e.ended_at is null desc
), stood as (
    select id, alert_id, policy_id, policy_name, plan, urgency, ended_at, why, coalesce(spent, false) or only_skipped as idle,
           case when spent then 0 else round end as round, case when spent then 0 else step end as step
    from latest
    where jsonb_array_length(coalesce(plan -> 'steps', '[]')) > 0
      and (ended_at is null or end_reason in ('acknowledged', 'closed', 'snoozed', 'replaced', 'exhausted'))
), planned as (
    select *, clock() + case when not $3 then interval '0' else greatest(interval '1 minute', coalesce(
        step_delay(plan, step) - step_delay(plan, step - 1), make_interval(secs => (plan ->> 'repeat_after_s')::integer))) end as at
    from stood
), placed as (
    select *, at - coalesce(step_delay(plan, step), interval '0') as start from planned
), moved as (
    update escalations e set next_at = p.at, round_started_at = p.start, because = p.why
    from placed p where e.id = p.id and e.ended_at is null
), begun as (
    insert into escalations (alert_id, policy_id, policy_name, plan, urgency, round, step, round_started_at, next_at, because,
                             only_skipped)
    select alert_id, policy_id, policy_name, plan, urgency, round, step, start, at, why, idle from placed
    where ended_at is not null
    on conflict (alert_id) where ended_at is null do nothing
)
select alert_id from placed

-- name: remind
-- engine
-- A notice to whoever promised a sign of life, on the way by which this alert would wake them, about their newest page of it (its
-- link needs no sign-in). Somebody without a way has a message that has failed.
insert into deliveries (page_id, user_id, contact_method_id, transport, address, purpose, message, state, error, failed_at)
select distinct on (a.id, p.id) p.id, u.id, w.contact_method_id, w.transport, w.address, 'notice',
       jsonb_build_object(
           'subject', 'Still on it? [P' || a.priority || ' #' || a.number || '] ' || a.message,
           'text', 'Still on it? Your acknowledgement lapses at ' || to_char(t.until at time zone zone_of(u.time_zone), 'HH24:MI')
               || ' your time, and paging goes on.', 'url', '/alerts/' || a.number, 'own_link', true),
       w.state, case when w.state = 'failed' then w.error end, w.failed_at
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as t (alert_id, user_id, until)
join alerts a on a.id = t.alert_id
join users u on u.id = t.user_id and u.disabled_at is null
left join lateral (
    select x.id from pages x where x.alert_id = a.id and x.user_id = u.id order by x.created_at desc limit 1
) p on true
cross join lateral ways(u.id, a.urgency) w
order by a.id, p.id, w.due_at, w.transport
