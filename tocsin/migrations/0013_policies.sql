-- Escalation policies: more kinds of targets, conditions of steps, and what follows when nobody answers.

-- Policies, steps, targets and teams are some hundreds of rows; the columns of escalations, pages and empty steps are added
-- without a rewrite, and the new index on pages holds nothing yet.
-- squawk-ignore-file constraint-missing-not-valid, adding-foreign-key-constraint, require-concurrent-index-creation, adding-not-nullable-field, adding-field-with-default, ban-drop-constraint, ban-drop-not-null

-- How a team is paged when a policy names the team and nothing more.
alter table teams add column paging_rule text not null default 'on_call'
    check (paging_rule in ('on_call', 'everybody', 'round_robin'));

-- Whose turn it is in a team: how many turns were given so far, by every policy together.
create table team_turns (
    team_id uuid primary key references teams on delete cascade,
    given bigint not null
);

-- A place that gets a copy of the page, and nobody in person: a webhook or a chat channel. Rows are never changed or removed:
-- escalations that run name them. Another address is another row.
create table page_channels (
    id uuid primary key,
    kind text not null check (kind in ('webhook', 'chat_channel')),
    name text not null check (length(name) between 1 and 100),
    transport text not null,
    address text not null check (length(address) between 1 and 2000),
    -- Sealed with the master key, about this row's id, like the secret of a contact method.
    secret bytea,
    created_at timestamptz not null default clock()
);

alter table escalation_policies
    -- If nobody answers: this team is paged by its rule, or deliberately nobody. Neither: not decided yet.
    add column fallback_team_id uuid references teams on delete set null,
    add column nobody_after boolean not null default false;
alter table escalation_policies add constraint one_final_step
    check (not (nobody_after and fallback_team_id is not null));

-- When a step applies: {"hours": {...}, "priorities": [1, 2], "tags": [...], "without": [...]}; see docs/paging.md.
alter table escalation_steps add column conditions jsonb not null default '{}';

alter table escalation_targets
    -- Null for what older versions wrote: a user or a schedule.
    add column kind text check (kind in ('user', 'schedule', 'next_in_schedule', 'previous_in_schedule', 'team',
                                         'whole_team', 'round_robin', 'webhook', 'chat_channel')),
    add column team_id uuid references teams on delete cascade,
    add column channel_id uuid references page_channels,
    drop constraint escalation_targets_check;
alter table escalation_targets add constraint one_target
    check (num_nonnulls(user_id, schedule_id, team_id, channel_id) = 1);

-- Whether every step of this round was skipped so far.
alter table escalations add column only_skipped boolean not null default true;
-- Of those that run, by policy: an edit may be asked to apply to them too.
create index escalations_running_policy on escalations (policy_id) where ended_at is null;

-- Skipped because its conditions did not hold: the next step waits for its own time.
alter table empty_steps add column skipped boolean not null default false;

-- A page to a channel is for nobody in person.
alter table pages
    alter column user_id drop not null,
    add column channel_id uuid references page_channels;
alter table pages add constraint one_recipient check (num_nonnulls(user_id, channel_id) = 1) not valid;
create unique index pages_to_channels on pages (escalation_id, round, step, channel_id) where channel_id is not null;

-- A policy as it is frozen into an escalation. What is not there is left out, so that plain policies stay short.
create or replace function policy_plan(policy uuid) returns jsonb language sql stable as $$
    select jsonb_build_object('repeats', p.repeats, 'repeat_after_s', p.repeat_after_s, 'steps', (
        select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('delay_s', s.delay_s, 'when', nullif(s.conditions, '{}'), 'targets', (
            select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'kind', coalesce(t.kind, case when t.user_id is not null then 'user' else 'schedule' end),
                'user', t.user_id, 'schedule', t.schedule_id, 'team', t.team_id, 'channel', t.channel_id,
                'name', coalesce(u.name, c.name, m.name, k.name))) order by t.id), '[]')
            from escalation_targets t left join users u on u.id = t.user_id
            left join schedules c on c.id = t.schedule_id left join teams m on m.id = t.team_id
            left join page_channels k on k.id = t.channel_id
            where t.policy_id = s.policy_id and t.position = s.position
        ))) order by s.position), '[]')
        from escalation_steps s where s.policy_id = p.id
    )) || case
        when f.id is not null then jsonb_build_object('final', jsonb_build_object('team', f.id, 'name', f.name))
        when p.nobody_after then '{"final": {"nobody": true}}'
        else '{}' end
    from escalation_policies p left join teams f on f.id = p.fallback_team_id where p.id = policy
$$;

-- The targets of a frozen step, one row each. Behind the last step stands the final one: the fallback team.
create function frozen_targets(plan jsonb, step integer)
returns table (kind text, user_id uuid, schedule_id uuid, team_id uuid, channel_id uuid, name text)
language sql immutable as $$
    select coalesce(t ->> 'kind', case when t ? 'user' then 'user' else 'schedule' end), (t ->> 'user')::uuid,
           (t ->> 'schedule')::uuid, (t ->> 'team')::uuid, (t ->> 'channel')::uuid, t ->> 'name'
    from jsonb_array_elements(plan -> 'steps' -> step -> 'targets') as t
    union all
    select 'team', null, null, (plan -> 'final' ->> 'team')::uuid, null, plan -> 'final' ->> 'name'
    where step = jsonb_array_length(plan -> 'steps') and plan -> 'final' ? 'team'
$$;

-- Whether a frozen step is meant to wake somebody, and not only to tell a channel.
create function step_wants_people(plan jsonb, step integer) returns boolean language sql immutable
return exists (select from frozen_targets(plan, step) f where f.channel_id is null);

-- The person of the next or the previous shift who does not hold the schedule now. Ninety days are looked through.
create function beside_in_schedule(schedule uuid, ahead boolean) returns uuid language sql stable as $$
    select case when ahead then (
        select s.user_id from shifts s join users u on u.id = s.user_id and u.disabled_at is null
        where s.schedule_id = schedule and s.ends_at > clock() and s.starts_at > clock()
          and s.starts_at < clock() + interval '90 days'
          and not exists (select from on_call_now o where o.schedule_id = schedule and o.user_id = s.user_id)
        order by s.starts_at, s.track, s.user_id limit 1
    ) else (
        select s.user_id from shifts s join users u on u.id = s.user_id and u.disabled_at is null
        where s.schedule_id = schedule and s.ends_at <= clock() and s.ends_at > clock() - interval '90 days'
          and not exists (select from on_call_now o where o.schedule_id = schedule and o.user_id = s.user_id)
        order by s.ends_at desc, s.track, s.user_id limit 1
    ) end
$$;

-- How a team is paged now: as the target says, else by the team's own rule. Without a schedule, on call means everybody.
create function team_way(kind text, team uuid) returns text language sql stable as $$
    select case
        when kind = 'whole_team' then 'everybody'
        when kind = 'round_robin' then 'round_robin'
        when t.paging_rule = 'on_call' and not exists (
            select from schedules s where s.team_id = t.id and s.archived_at is null) then 'everybody'
        else t.paging_rule end
    from teams t where t.id = team
$$;

-- Who gets a frozen step at this moment. A person, a channel, or `turn_of`: somebody of this team, a different one for each
-- escalation, whom only the statement that gives out the turns can name.
create function step_recipients(plan jsonb, step integer)
returns table (user_id uuid, schedule_id uuid, channel_id uuid, turn_of uuid, reason text) language sql stable as $$
    with target as (
        select f.*, team_way(f.kind, f.team_id) as way,
               case when step < jsonb_array_length(plan -> 'steps') then 'step ' || (step + 1) else 'nobody answered' end as at
        from frozen_targets(plan, step) f
    ), person as (
        select t.user_id, null::uuid as schedule_id, 'named in ' || t.at as reason from target t where t.kind = 'user'
        union all
        -- Each schedule is looked up by itself ("offset 0"): joined, every shift there is would be read for each step.
        select o.user_id, t.schedule_id, t.at || ', on call for ' || t.name
        from target t cross join lateral (
            select n.user_id from on_call_now n where n.schedule_id = t.schedule_id offset 0
        ) o where t.kind = 'schedule'
        union all
        select beside_in_schedule(t.schedule_id, t.kind = 'next_in_schedule'), t.schedule_id,
               t.at || case when t.kind = 'next_in_schedule' then ', next in ' else ', before in ' end || t.name
        from target t where t.kind in ('next_in_schedule', 'previous_in_schedule')
        union all
        select o.user_id, o.schedule_id, t.at || ', on call for team ' || t.name
        from target t join schedules s on s.team_id = t.team_id and s.archived_at is null
        cross join lateral (
            select n.user_id, n.schedule_id from on_call_now n where n.schedule_id = s.id offset 0
        ) o where t.way = 'on_call'
        union all
        select m.user_id, null, t.at || ', in team ' || t.name
        from target t join team_members m on m.team_id = t.team_id where t.way = 'everybody'
    )
    (select distinct on (u.id) u.id, p.schedule_id, null::uuid, null::uuid, p.reason
     from person p join users u on u.id = p.user_id and u.disabled_at is null
     order by u.id, p.schedule_id nulls first, p.reason)
    union all
    select distinct null::uuid, null::uuid, t.channel_id, null::uuid, t.at || ', ' || replace(t.kind, '_', ' ')
    from target t where t.channel_id is not null
    union all
    select distinct null::uuid, null::uuid, null::uuid, t.team_id, t.at || ', in turn in team ' || t.name
    from target t where t.way = 'round_robin'
$$;

-- As before for processes of the version before: people only. Of a team that takes turns, everybody.
create or replace function step_people(plan jsonb, step integer)
returns table (user_id uuid, schedule_id uuid, reason text) language sql stable as $$
    select distinct on (u.id) u.id, r.schedule_id, r.reason
    from step_recipients(plan, step) r left join team_members m on m.team_id = r.turn_of
    join users u on u.id = coalesce(r.user_id, m.user_id) and u.disabled_at is null
    order by u.id, r.schedule_id nulls first
$$;

-- Whether a moment lies within hours: {"zone", "days": ISO weekdays, "from", "until"}. Hours that end before they begin, or at the
-- same time, go on until the next day, and belong to the day on which they begin.
create function within_hours(hours jsonb, at timestamptz) returns boolean language sql stable as $$
    select case when (hours ->> 'from')::time < (hours ->> 'until')::time
        then day and t >= (hours ->> 'from')::time and t < (hours ->> 'until')::time
        else day and t >= (hours ->> 'from')::time or before and t < (hours ->> 'until')::time end
    from (
        select l::time as t, hours -> 'days' @> to_jsonb(extract(isodow from l)::integer) as day,
               hours -> 'days' @> to_jsonb(extract(isodow from l - interval '1 day')::integer) as before
        from (select at at time zone (hours ->> 'zone') as l) x
    ) y
$$;

-- Why a step with these conditions is skipped at a moment; null when they hold. The words stand in paging/conditions.py too,
-- and a test holds the two to each other.
create function why_skipped(conditions jsonb, priority integer, tags text[], at timestamptz) returns text
language sql stable as $$
    select case
        when conditions is null then null
        when conditions ? 'hours' and within_hours(conditions -> 'hours', at) is distinct from
            coalesce((conditions -> 'hours' ->> 'within')::boolean, true)
            then 'Skipped: only ' || case when coalesce((conditions -> 'hours' ->> 'within')::boolean, true)
                then 'within' else 'outside' end || ' working hours.'
        when conditions ? 'priorities' and not conditions -> 'priorities' @> to_jsonb(priority)
            then 'Skipped: not for P' || priority || '.'
        when exists (select from jsonb_array_elements_text(conditions -> 'tags') w
                     where lower(w) <> all (select lower(x) from unnest(tags) x))
            then 'Skipped: only with the tag ' || (
                select string_agg(w, ', ') from jsonb_array_elements_text(conditions -> 'tags') w
                where lower(w) <> all (select lower(x) from unnest(tags) x)) || '.'
        when exists (select from jsonb_array_elements_text(conditions -> 'without') w
                     where lower(w) = any (select lower(x) from unnest(tags) x))
            then 'Skipped: not with the tag ' || (
                select string_agg(w, ', ') from jsonb_array_elements_text(conditions -> 'without') w
                where lower(w) = any (select lower(x) from unnest(tags) x)) || '.'
    end
$$;

-- Why an escalation ended without an answer; null for the plain case, that everybody was paged as often as the policy says.
create function exhausted_words(plan jsonb, policy text, fallen_back boolean, found_nobody boolean, all_skipped boolean)
returns text language sql immutable as $$
    select case
        when fallen_back and plan -> 'final' ? 'team' then case
            when found_nobody then 'Nobody answered, and nobody in the fallback team ' || (plan -> 'final' ->> 'name')
                || ' can be paged.'
            else 'Everybody in ' || policy || ' was paged as often as it says, then the fallback team '
                || (plan -> 'final' ->> 'name') || '. Nobody answered.' end
        when all_skipped then 'Every step of ' || policy || ' was skipped, because its conditions did not hold. '
            || case when plan -> 'final' ? 'nobody' then 'If nobody answers, it pages nobody else.'
                    else 'What happens then is not decided in it yet.' end
    end
$$;
