-- name: answers_for
-- Whether somebody may read another's pages: an admin of a team that both are in.
select exists (
    select from team_members mine join team_members theirs on theirs.team_id = mine.team_id
    where mine.user_id = $1 and mine.role = 'admin' and theirs.user_id = $2
)

-- name: pages_found
-- row: Page
-- The newest pages of a person, of an alert, or both, within a stretch of time.
select p.id, p.alert_id, a.number as alert_number, a.message as alert_message, p.escalation_id, p.user_id,
       coalesce(u.name, k.name) as user_name, p.round, p.step, p.reason, p.urgency, p.created_at, p.acknowledged_at,
       case when a.closed_at is not null then 'closed' when a.snoozed_until > clock() then 'snoozed'
            when a.acknowledged_at is not null then 'acknowledged' else 'open' end as alert_state
from pages p left join users u on u.id = p.user_id left join page_channels k on k.id = p.channel_id
join alerts a on a.id = p.alert_id
where ($1::uuid is null or p.user_id = $1) and ($2::uuid is null or p.alert_id = $2)
  and ($3::timestamptz is null or p.created_at >= $3) and ($4::timestamptz is null or p.created_at < $4)
order by p.created_at desc limit $5

-- name: shifts_of_pages
-- The shift that put a person on call when a page was made, of the schedules that its step meant.
select p.id as page_id, c.name as schedule, s.starts_at, s.ends_at
from pages p join escalations e on e.id = p.escalation_id
cross join lateral jsonb_array_elements(e.plan -> 'steps' -> p.step -> 'targets') as t (target)
join shifts s on s.schedule_id = (t.target ->> 'schedule')::uuid and s.user_id = p.user_id
    and s.starts_at <= p.created_at and s.ends_at > p.created_at
join schedules c on c.id = s.schedule_id
where p.id = any ($1::uuid[])

-- name: rules_of_deliveries
-- The rule that a message stands for, as the rules are now: its delay in seconds, or none.
select d.id as delivery_id, d.page_id, min(r.delay_s) as delay_s
from deliveries d join pages p on p.id = d.page_id
left join notification_rules r on r.user_id = p.user_id and r.urgency = p.urgency and r.contact_method_id = d.contact_method_id
where d.page_id = any ($1::uuid[]) and d.purpose = 'page' and d.contact_method_id is not null
group by d.id, d.page_id

-- name: runs
-- row: tocsin.paging.why_model.Run
-- Every escalation of an alert, oldest first.
select id, policy_name, plan, started_at, ended_at, end_reason, error
from escalations where alert_id = $1 order by started_at, ended_at nulls last limit 50

-- name: steps_run
-- row: tocsin.paging.why_model.StepRun
-- The steps of an alert's escalations that have run: when, whom they paged, or why nobody.
select p.escalation_id, p.round, p.step, min(p.created_at) as at, array_agg(distinct coalesce(u.name, k.name)) as people, '' as reason
from pages p left join users u on u.id = p.user_id left join page_channels k on k.id = p.channel_id
where p.alert_id = $1 and p.escalation_id is not null
group by p.escalation_id, p.round, p.step
union all
select s.escalation_id, s.round, s.step, s.at, '{}', s.reason
from empty_steps s join escalations e on e.id = s.escalation_id where e.alert_id = $1
order by at

-- name: standing_in
-- Of the given schedules those that a person has ever had a shift in, with whether they held it at the given time.
select t.n, bool_or(s.starts_at <= t.at and s.ends_at > t.at) as held, min(s.starts_at) filter (where s.starts_at > t.at) as next_at
from unnest($1::integer[], $2::uuid[], $3::timestamptz[]) as t (n, schedule_id, at)
join shifts s on s.schedule_id = t.schedule_id and s.user_id = $4
group by t.n

-- name: person
-- Whether an account is in use, and its ways to be reached.
select u.name, u.disabled_at,
       count(m.id) as methods, count(m.id) filter (where m.verified_at is not null) as verified, count(x.contact_method_id) as unusable
from users u left join contact_methods m on m.user_id = u.id
left join unusable_methods x on x.contact_method_id = m.id
where u.id = $1 group by u.id

-- name: not_paged
-- row: tocsin.paging.why_model.NotPaged
-- Alerts whose escalation would have meant a person at some step and never paged them, newest first.
select a.id, a.number, a.message, a.priority, a.created_at
from alerts a
where a.id in (
    select e.alert_id from escalations e
    where e.started_at >= $2 and e.started_at < $3 and exists (
        select from jsonb_array_elements(e.plan -> 'steps') as s (step)
        cross join lateral jsonb_array_elements(s.step -> 'targets') as t (target)
        where t.target ->> 'user' = $1::uuid::text
           or t.target ->> 'schedule' in (select distinct h.schedule_id::text from shifts h where h.user_id = $1 and h.ends_at > $2)
    )
    order by e.started_at desc limit 500
) and not exists (select from pages p where p.alert_id = a.id and p.user_id = $1)
order by a.created_at desc limit 50
