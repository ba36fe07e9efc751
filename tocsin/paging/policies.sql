-- name: policies
-- row: Policy
-- All policies in use, by name, with how many services rely on each, and how many escalations run by it.
select p.id, p.name, p.team_id, policy_plan(p.id) as plan,
       (select count(*) from services s where s.escalation_policy_id = p.id and s.archived_at is null) as services,
       (select count(*) from escalations e where e.policy_id = p.id and e.ended_at is null) as running,
       p.created_at, p.archived_at
from escalation_policies p where p.archived_at is null order by lower(p.name)

-- name: policy
-- row: Policy
-- One policy, archived or not.
select p.id, p.name, p.team_id, policy_plan(p.id) as plan,
       (select count(*) from services s where s.escalation_policy_id = p.id and s.archived_at is null) as services,
       (select count(*) from escalations e where e.policy_id = p.id and e.ended_at is null) as running,
       p.created_at, p.archived_at
from escalation_policies p where p.id = $1

-- name: add_policy
-- A new policy; its steps follow.
insert into escalation_policies (id, name, team_id, repeats, repeat_after_s, fallback_team_id, nobody_after)
values ($1, $2, $3, $4, $5, $6, $7)

-- name: change_policy
-- Replaces the head; what already runs keeps its frozen plan.
update escalation_policies set name = $2, team_id = $3, repeats = $4, repeat_after_s = $5, fallback_team_id = $6,
    nobody_after = $7
where id = $1 and archived_at is null

-- name: archive_policy
-- Kept for what it paged; cannot be chosen any more.
update escalation_policies set archived_at = clock() where id = $1 and archived_at is null

-- name: services_relying_on
-- Who would page nobody without this policy.
select name from services where escalation_policy_id = $1 and archived_at is null order by lower(name)

-- name: forget_steps
-- Targets go with their steps.
delete from escalation_steps where policy_id = $1

-- name: add_step
-- One step by its position from 0.
insert into escalation_steps (policy_id, position, delay_s, conditions) values ($1, $2, $3, $4)

-- name: add_target
-- Whom or what a step means; one of the four ids.
insert into escalation_targets (id, policy_id, position, kind, user_id, schedule_id, team_id, channel_id)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: add_channel
-- A webhook or chat channel; never changed or removed, because what runs may name it.
insert into page_channels (id, kind, name, transport, address, secret) values ($1, $2, $3, $4, $5, $6)

-- name: unknown_targets
-- Of the given ids, those that cannot be paged: no such active person, schedule in use, team, or channel of that kind.
select t.wanted from unnest($1::text[], $2::uuid[]) as t (kind, wanted)
where not case
    when t.kind = 'user' then exists (select from users u where u.id = t.wanted and u.disabled_at is null)
    when t.kind in ('schedule', 'next_in_schedule', 'previous_in_schedule')
        then exists (select from schedules s where s.id = t.wanted and s.archived_at is null)
    when t.kind in ('team', 'whole_team', 'round_robin') then exists (select from teams m where m.id = t.wanted)
    else exists (select from page_channels c where c.id = t.wanted and c.kind = t.kind) end

-- name: unknown_zones
-- Of these time zones, those that the database does not know: their conditions could not be asked when the step runs.
select t.name from unnest($1::text[]) as t (name) where not exists (select from pg_timezone_names z where z.name = t.name)

-- name: apply_to_running
-- engine
-- What runs by a policy goes on by its rules as they are now, in the same round and at the same step, at that step's new time. One
-- that stands behind the last step goes to its next round, or else to the final step.
with now as (
    select plan, jsonb_array_length(plan -> 'steps') as steps,
           make_interval(secs => (plan ->> 'repeat_after_s')::integer)
           + step_delay(plan, jsonb_array_length(plan -> 'steps') - 1) as length
    from policy_plan($1) as plan
), running as (
    select e.id, e.round, e.step, e.round_started_at as start, now.*,
           e.step >= now.steps and e.round < (now.plan ->> 'repeats')::integer as to_next_round
    from escalations e, now where e.policy_id = $1 and e.ended_at is null
    for update of e
)
update escalations e set
    plan = r.plan,
    -- Where steps were taken away, the final one has the number of a step that ran already: it counts as a round of its own.
    round = case when r.to_next_round or r.step > r.steps then r.round + 1 else r.round end,
    step = case when r.to_next_round then 0 else least(r.step, r.steps) end,
    round_started_at = case when r.to_next_round then greatest(r.start + r.length, clock()) else r.start end,
    only_skipped = e.only_skipped or r.to_next_round,
    next_at = greatest(clock(), case
        when r.to_next_round then greatest(r.start + r.length, clock()) + step_delay(r.plan, 0)
        when r.step >= r.steps then r.start + r.length
        else r.start + step_delay(r.plan, r.step) end)
from running r where e.id = r.id

-- name: shifts_around
-- row: tocsin.paging.rosters.Shift
-- Who holds these schedules in a range. Where a hand-off waits to be accepted at this moment, whoever held the pager before still
-- does.
select s.schedule_id, p.user_id, p.starts_at, p.ends_at, s.track
from shifts s
left join on_call_now o on o.schedule_id = s.schedule_id and o.track = s.track and o.starts_at = s.starts_at
    and o.user_id <> s.user_id
cross join lateral (
    values (o.user_id, s.starts_at, clock() + interval '1 second'),
           (s.user_id, case when o.user_id is null then s.starts_at else clock() + interval '1 second' end, s.ends_at)
) p (user_id, starts_at, ends_at)
where s.schedule_id = any ($1::uuid[]) and s.ends_at > $2 and s.starts_at < $3
  and p.user_id is not null and p.starts_at < p.ends_at
order by s.schedule_id, p.starts_at, s.track

-- name: teams_in_plan
-- row: tocsin.paging.rosters.TeamRow
-- Teams with all that decides whom they mean.
select t.id, t.name, t.paging_rule as rule, coalesce(n.given, 0) as given,
       array(select s.id from schedules s where s.team_id = t.id and s.archived_at is null) as schedules,
       array(select u.id from team_members m join users u on u.id = m.user_id and u.disabled_at is null
             where m.team_id = t.id order by u.id) as members
from teams t left join team_turns n on n.team_id = t.id where t.id = any ($1::uuid[])

-- name: people_to_page
-- row: tocsin.paging.rosters.PersonRow
-- Of these people, who is active, and whether there is a way to reach them at an urgency.
select u.id, u.name, exists (select from ways(u.id, $2) w where w.state = 'queued') as reachable
from users u where u.id = any ($1::uuid[]) and u.disabled_at is null

-- name: undisturbed
-- When these people may be told what is not urgent.
select id, time_zone, work_starts, work_ends, work_days, undisturbed_until, quiet_from, quiet_to
from users where id = any ($1::uuid[])

-- name: names_of_targets
-- What targets of a draft are called.
select t.wanted as id, coalesce(u.name, s.name, m.name, c.name, '') as name
from unnest($1::uuid[]) as t (wanted) left join users u on u.id = t.wanted left join schedules s on s.id = t.wanted
left join teams m on m.id = t.wanted left join page_channels c on c.id = t.wanted

-- name: channels
-- row: tocsin.paging.rosters.ChannelRow
-- Channels by id: what may be shown of them.
select id, kind, name, transport, address, secret is not null as has_secret from page_channels where id = any ($1::uuid[])

-- name: condition_facts
-- What conditions ask of an alert, and its urgency.
select priority, tags, urgency from alerts where id = $1
