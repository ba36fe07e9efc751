-- Grouping: alerts that open beside an open one of the same rule and key stay quiet under it.
-- Existing tables get a column without a value, a check that allows a word more, and functions that know groups.

create table grouping_rules (
    id uuid primary key,
    name text not null check (length(name) between 1 and 100),
    -- Rules are asked in this order; the first that applies to an alert has it.
    position integer not null check (position between 1 and 10000),
    -- Only alerts of this service, or of services of this team; neither: all.
    service_id uuid references services on delete cascade,
    team_id uuid references teams on delete cascade,
    -- What alerts of one group have in common: service, source, entity, integration, tag:PREFIX, details.KEY.
    fields text[] not null check (cardinality(fields) between 1 and 5),
    -- How long after a group's first alert others join it.
    window_s integer not null check (window_s between 60 and 604800),
    most integer not null check (most between 2 and 1000),
    created_at timestamptz not null default clock(),
    created_by text not null,
    archived_at timestamptz,
    check (num_nonnulls(service_id, team_id) <= 1)
);
create index grouping_rules_in_use on grouping_rules (position) where archived_at is null;

-- All of them must hold, as with silences.
create table grouping_matchers (
    rule_id uuid not null references grouping_rules on delete cascade,
    position integer not null,
    field text not null check (length(field) between 1 and 208),
    operator text not null check (operator in ('equals', 'not_equals', 'contains', 'matches')),
    value text not null check (length(value) <= 500),
    primary key (rule_id, position)
);

create table alert_groups (
    id bigint generated always as identity primary key,
    rule_id uuid references grouping_rules on delete set null,
    key text[] not null,
    -- Of the key, which may be too long for an index.
    key_hash text not null,
    -- Who is paged for all of them; a closed one after the last of them has closed.
    leader_id uuid references alerts on delete set null,
    first_number bigint not null,
    members integer not null default 1,
    started_at timestamptz not null default clock(),
    -- It takes no more members: full, its window is over, all have closed, or its rule was changed.
    sealed_at timestamptz
);
create unique index alert_groups_open on alert_groups (rule_id, key_hash) where sealed_at is null;
create index alert_groups_leader on alert_groups (leader_id);

-- An alert is in one group all its life.
create table alert_group_members (
    alert_id uuid primary key references alerts on delete cascade,
    group_id bigint not null references alert_groups on delete cascade,
    joined_at timestamptz not null default clock()
);
create index alert_group_members_group on alert_group_members (group_id);

-- Quiet in a group: then `under_id` is its leader. What is there already has none, so there is nothing to look through.
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
alter table silenced_alerts add column group_id bigint references alert_groups on delete set null;

-- More words than before: whatever is there was held to fewer, so no row has to be looked at while others wait.
-- squawk-ignore ban-drop-constraint
alter table escalations drop constraint escalations_end_reason_check;
alter table escalations add constraint escalations_end_reason_check check (
    end_reason in ('acknowledged', 'closed', 'snoozed', 'replaced', 'exhausted', 'nobody', 'failed', 'silenced', 'suppressed',
                   'grouped')
) not valid;

-- What became of the latest escalation of an alert: why it ended, 'running', or null when there was none.
create function latest_end(alert uuid) returns text language sql stable
return (select coalesce(e.end_reason, 'running') from escalations e where e.alert_id = alert
        order by e.started_at desc, e.ended_at is null desc limit 1);

-- What alerts of one group have in common, in the order of the rule's fields. What an alert does not have is empty.
create function alert_key(fields text[], a alerts, integration text) returns text[] language sql stable
return (
    select array_agg(case
        when f = 'service' then coalesce(a.service_id::text, '')
        when starts_with(f, 'tag:') then coalesce((select min(t) from unnest(a.tags) t where starts_with(t, substr(f, 5))), '')
        else alert_text(f, a, integration) end order by n)
    from unnest(fields) with ordinality as x (f, n)
);

-- Of these alerts, those that a rule applies to, and which: the first that matches and whose fields the alert has, all of them.
create function grouping_of(alert_ids uuid[])
returns table (alert_id uuid, rule_id uuid, key text[]) language sql stable as $$
    select distinct on (a.id) a.id, r.id, k.key
    from alerts a
    left join services s on s.id = a.service_id
    left join integrations i on i.id = a.integration_id
    join grouping_rules r on r.archived_at is null
        and (r.service_id is null or r.service_id = a.service_id) and (r.team_id is null or r.team_id = s.team_id)
    cross join lateral (select alert_key(r.fields, a, i.name) as key) k
    where a.id = any (alert_ids) and '' <> all (k.key)
      and not exists (select from grouping_matchers m
                      where m.rule_id = r.id and not matcher_holds(m.field, m.operator, m.value, a, i.name))
    order by a.id, r.position, r.created_at, r.id
$$;

-- Whether others may join under this alert: somebody has it, is being paged for it, or has put it off.
create function can_lead(a alerts) returns boolean language sql stable
return a.closed_at is null and (a.acknowledged_at is not null
    or coalesce(latest_end(a.id) in ('running', 'snoozed', 'replaced', 'acknowledged'), false));

-- Whether those that are quiet under this alert need another one. Not when everybody was paged for it as often as its policy says.
create function leads_no_more(a alerts) returns boolean language sql stable
return a.closed_at is not null or (a.acknowledged_at is null
    and coalesce(latest_end(a.id) in ('silenced', 'suppressed', 'grouped', 'nobody', 'failed'), true));

-- Silences and dependencies as before, by another name: `hushed_alerts` knows groups too.
-- Only statements of ours call it, and those get the new one by the old name.
-- squawk-ignore renaming-object
alter function hushed_alerts(uuid[]) rename to alerts_hushed_alone;

create function hushed_alerts(alert_ids uuid[])
returns table (alert_id uuid, silence_id uuid, under_id uuid, until timestamptz, end_reason text, words text, group_id bigint)
language plpgsql stable rows 10 as $$
#variable_conflict use_column
declare alone uuid[];
begin
    return query select h.*, null::bigint from alerts_hushed_alone(alert_ids) h;
    if exists (select from alert_group_members m where m.alert_id = any (alert_ids)) then
        alone := array(select h.alert_id from alerts_hushed_alone(alert_ids) h);
        return query
        select m.alert_id, null::uuid, l.id, null::timestamptz, 'grouped',
               format('Nobody is paged: grouped under #%s %s', l.number, l.message), g.id
        from alert_group_members m join alert_groups g on g.id = m.group_id join alerts l on l.id = g.leader_id
        where m.alert_id = any (alert_ids) and m.alert_id <> l.id and m.alert_id <> all (alone)
          -- A leader that is among them begins in the same statement.
          and (can_lead(l) or l.closed_at is null and l.id = any (alert_ids) and l.id <> all (alone));
    end if;
end
$$;

-- Before escalations begin: of these alerts (`again`: also those that had one), each joins the open group of its rule and key, or
-- opens one. It leads when it is the first, when it outranks the leader, or when nobody looks after that. What a silence keeps
-- quiet, or would page nobody anyhow, is in no group: nothing could rely on it. Groups are locked in the order of their key, so
-- that processes never wait for each other in a circle. In steps, because what a rival has just written must be seen.
create function group_alerts(alert_ids uuid[], again boolean) returns integer language plpgsql as $$
declare
    x record;
    g alert_groups;
    l alerts;
    begins uuid[];
    led uuid[] := '{}';
    grouped integer := 0;
begin
    if not exists (select from grouping_rules where archived_at is null)
       and not exists (select from alert_group_members m where m.alert_id = any (alert_ids)) then
        return 0;
    end if;
    begins := array(
        select a.id from alerts a
        join services s on s.id = a.service_id
        join escalation_policies p on p.id = s.escalation_policy_id and p.archived_at is null
        where a.id = any (alert_ids) and a.closed_at is null and a.acknowledged_at is null
          and exists (select from escalation_steps t where t.policy_id = p.id)
          and (again or not exists (select from escalations e where e.alert_id = a.id)));
    begins := array(select unnest(begins) except select h.alert_id from alerts_hushed_alone(begins) h);
    for x in
        select a.id, a.number, a.priority, a.urgency, m.group_id, w.rule_id, w.key, md5(array_to_string(w.key, E'\x1f')) as hash,
               r.window_s, r.most
        from alerts a
        left join alert_group_members m on m.alert_id = a.id
        left join grouping_of(begins) w on w.alert_id = a.id and m.alert_id is null
        left join grouping_rules r on r.id = w.rule_id
        where a.id = any (begins) and (m.alert_id is not null or w.alert_id is not null)
        order by m.group_id, w.rule_id, hash, a.number
    loop
        loop
            if x.group_id is not null then
                select * into g from alert_groups where id = x.group_id for update;
                exit when g.leader_id = x.id;
            else
                insert into alert_groups (rule_id, key, key_hash, leader_id, first_number)
                values (x.rule_id, x.key, x.hash, x.id, x.number)
                on conflict (rule_id, key_hash) where sealed_at is null do nothing returning * into g;
                if found then
                    insert into alert_group_members (alert_id, group_id) values (x.id, g.id);
                    led := led || x.id;
                    exit;
                end if;
                select * into g from alert_groups where rule_id = x.rule_id and key_hash = x.hash and sealed_at is null for update;
                continue when not found;
                if g.members >= x.most or clock() >= g.started_at + make_interval(secs => x.window_s) or not exists (
                       select from alert_group_members m join alerts a on a.id = m.alert_id
                       where m.group_id = g.id and a.closed_at is null) then
                    update alert_groups set sealed_at = clock() where id = g.id;
                    continue;
                end if;
                insert into alert_group_members (alert_id, group_id) values (x.id, g.id);
                update alert_groups set members = members + 1 where id = g.id;
            end if;
            grouped := grouped + 1;
            select * into l from alerts where id = g.leader_id;
            if l.id is null or not (can_lead(l) or l.id = any (led))
               or x.group_id is null and (x.priority < l.priority or x.urgency = 'high' and l.urgency = 'low') then
                update alert_groups set leader_id = x.id where id = g.id;
                update silenced_alerts set under_id = x.id where group_id = g.id and over_at is null and alert_id <> x.id;
                led := led || x.id;
            end if;
            exit;
        end loop;
    end loop;
    return grouped;
end
$$;

-- Of these groups, those whose leader leads no more: the next alert that is open and nobody has leads (one that is being paged for
-- already before others, then the most urgent), the others are quiet under that one, and paging for it is due now.
create function pass_on_groups(group_ids bigint[]) returns integer language plpgsql as $$
declare passed integer;
begin
    perform from alert_groups where id = any (group_ids) order by id for update;
    with next as materialized (
        select distinct on (g.id) g.id as group_id, a.id as alert_id, latest_end(a.id) = 'running' as running
        from alert_groups g left join alerts l on l.id = g.leader_id
        join alert_group_members m on m.group_id = g.id join alerts a on a.id = m.alert_id
        where g.id = any (group_ids) and (l.id is null or leads_no_more(l)) and a.id is distinct from l.id
          and a.closed_at is null and a.acknowledged_at is null
          and coalesce(latest_end(a.id) not in ('silenced', 'suppressed'), true)
        order by g.id, running desc nulls last, coalesce(a.snoozed_until > clock(), false), a.urgency, a.priority, a.number
    ), led as (
        update alert_groups g set leader_id = n.alert_id from next n where g.id = n.group_id
    )
    update silenced_alerts x set under_id = n.alert_id, until = case when x.alert_id = n.alert_id then clock() end
    from next n where x.group_id = n.group_id and x.over_at is null;
    get diagnostics passed = row_count;
    return passed;
end
$$;

-- As before, and in a group under one that has attention.
create or replace function has_attention(a alerts) returns boolean language sql stable
return a.acknowledged_at is not null or coalesce(
    (select e.ended_at is null or e.end_reason in ('silenced', 'snoozed', 'replaced', 'acknowledged', 'grouped')
     from escalations e where e.alert_id = a.id order by e.started_at desc, e.ended_at is null desc limit 1),
    a.created_at > clock() - interval '5 minutes' and exists (
        select from services s
        join escalation_policies p on p.id = s.escalation_policy_id and p.archived_at is null
        where s.id = a.service_id));

-- Whether a page was worth it: one answer per person and alert, which they may change.
create table alert_ratings (
    alert_id uuid not null references alerts on delete cascade,
    user_id uuid not null references users on delete cascade,
    useful boolean not null,
    at timestamptz not null default clock(),
    primary key (alert_id, user_id)
);
