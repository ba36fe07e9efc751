-- Silences, maintenance, and staying quiet under what a service depends on.
-- The rows of services and escalations keep what they say: a column with a default, and a check that allows more words.

create table silences (
    id uuid primary key,
    kind text not null check (kind in ('silence', 'maintenance')),
    reason text not null check (length(reason) between 1 and 500),
    link text not null default '' check (length(link) <= 2000),
    owner_id uuid references users on delete set null,
    starts_at timestamptz not null,
    -- Of one that recurs: until when it does.
    ends_at timestamptz not null check (ends_at > starts_at),
    -- ISO weekdays on which it begins; empty for once.
    weekdays smallint[] not null default '{}',
    from_time time,
    to_time time,
    time_zone text not null default 'UTC',
    -- The time zone data with which its windows were reckoned.
    zone_data text not null default '',
    ends_with_alert_id uuid references alerts on delete set null,
    -- When its owner hears that it will end; null when nothing is to be said any more.
    remind_at timestamptz,
    created_at timestamptz not null default clock(),
    created_by text not null,
    ended_at timestamptz,
    ended_by text
);
create index silences_remind_at on silences (remind_at) where remind_at is not null;
create index silences_ends_at on silences (ends_at);
create index silences_with_alert on silences (ends_with_alert_id) where ended_at is null;

-- All of them must hold.
create table silence_matchers (
    silence_id uuid not null references silences on delete cascade,
    position integer not null,
    field text not null check (length(field) between 1 and 208),
    operator text not null check (operator in ('equals', 'not_equals', 'contains', 'matches')),
    value text not null check (length(value) <= 500),
    primary key (silence_id, position)
);

-- Only alerts about one of these; none: about any, or about no service.
create table silence_services (
    silence_id uuid not null references silences on delete cascade,
    service_id uuid not null references services on delete cascade,
    primary key (silence_id, service_id)
);
create index silence_services_service_id on silence_services (service_id);

-- When it is quiet, reckoned when the silence is saved: one range for once, one per time for one that recurs.
create table silence_windows (
    silence_id uuid not null references silences on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    primary key (silence_id, starts_at)
);
create index silence_windows_at on silence_windows using gist (tstzrange(starts_at, ends_at));

-- What a service needs to work.
create table service_dependencies (
    service_id uuid not null references services on delete cascade,
    depends_on_id uuid not null references services on delete cascade check (depends_on_id <> service_id),
    primary key (service_id, depends_on_id)
);
create index service_dependencies_on on service_dependencies (depends_on_id);
alter table services add column quiet_under_dependencies boolean not null default false;

-- Alerts that page nobody, by a silence or under the alert of what their service depends on, each time again.
create table silenced_alerts (
    id bigint generated always as identity primary key,
    alert_id uuid not null references alerts on delete cascade,
    silence_id uuid references silences on delete cascade,
    under_id uuid references alerts on delete set null,
    at timestamptz not null default clock(),
    -- When paging begins if the alert is still open; null as long as the alert above it is.
    until timestamptz,
    over_at timestamptz
);
create unique index silenced_alerts_now on silenced_alerts (alert_id) where over_at is null;
create index silenced_alerts_until on silenced_alerts (until) where over_at is null;
create index silenced_alerts_under on silenced_alerts (under_id) where over_at is null;
create index silenced_alerts_silence on silenced_alerts (silence_id, at desc);
create index silenced_alerts_alert on silenced_alerts (alert_id);

-- More words than before: whatever is there was held to fewer, so no row has to be looked at while others wait.
-- squawk-ignore ban-drop-constraint
alter table escalations drop constraint escalations_end_reason_check;
alter table escalations add constraint escalations_end_reason_check check (
    end_reason in ('acknowledged', 'closed', 'snoozed', 'replaced', 'exhausted', 'nobody', 'failed', 'silenced', 'suppressed')
) not valid;

-- A field of an alert as text; what it does not have is empty. `details.KEY` is one of its details. Kept to expressions, here
-- and below, so that the planner puts them in place: they are asked for every alert and every matcher.
create function alert_text(field text, a alerts, integration text) returns text language sql stable
return coalesce(case field
    when 'alias' then a.alias when 'message' then a.message when 'source' then a.source when 'entity' then a.entity
    when 'priority' then 'P' || a.priority when 'tag' then array_to_string(a.tags, E'\n')
    when 'integration' then integration else a.details ->> substr(field, 9) end, '');

-- Whether a matcher holds for an alert. A pattern is met by the whole text; of tags, one is enough, and "not equals" means none.
create function matcher_holds(field text, operator text, value text, a alerts, integration text)
returns boolean language sql stable
return case operator
    when 'equals' then case when field = 'tag' then value = any (a.tags) else alert_text(field, a, integration) = value end
    when 'not_equals' then
        case when field = 'tag' then value <> all (a.tags) else alert_text(field, a, integration) <> value end
    when 'contains' then strpos(lower(alert_text(field, a, integration)), lower(value)) > 0
    else alert_text(field, a, integration) ~ (case when field = 'tag' then '(?n)' else '' end || '^(?:' || value || ')$') end;

-- Of these alerts, those that a silence of this moment matches; one row per pair.
create function silences_matching(alert_ids uuid[])
returns table (alert_id uuid, silence_id uuid, until timestamptz) language sql stable as $$
    with active as materialized (
        select s.id, max(w.ends_at) as until,
               exists (select from silence_services x where x.silence_id = s.id) as of_services
        from silence_windows w join silences s on s.id = w.silence_id and s.ended_at is null
        where tstzrange(w.starts_at, w.ends_at) @> clock()
        group by s.id
    )
    select a.id, s.id, s.until
    from active s
    join alerts a on a.id = any (alert_ids)
    left join integrations i on i.id = a.integration_id
    where (not s.of_services or exists (
              select from silence_services x where x.silence_id = s.id and x.service_id = a.service_id))
      and not exists (select from silence_matchers m
                      where m.silence_id = s.id and not matcher_holds(m.field, m.operator, m.value, a, i.name))
$$;

-- Why an alert under a silence pages nobody.
create function silence_words(silence uuid, until timestamptz) returns text language sql stable as $$
    select format('Nobody is paged: %s of %s until %s UTC: %s', s.kind, coalesce(u.name, 'nobody any more'),
                  to_char(until at time zone 'UTC', 'FMDD Mon YYYY HH24:MI'), s.reason)
    from silences s left join users u on u.id = s.owner_id where s.id = silence
$$;

-- Whether somebody has an alert, or is being paged for it, or has decided that it may wait. One that opened just now is
-- believed: its own paging begins at this moment.
create function has_attention(a alerts) returns boolean language sql stable
return a.acknowledged_at is not null or coalesce(
    (select e.ended_at is null or e.end_reason in ('silenced', 'snoozed', 'replaced', 'acknowledged')
     from escalations e where e.alert_id = a.id order by e.started_at desc, e.ended_at is null desc limit 1),
    a.created_at > clock() - interval '5 minutes' and exists (
        select from services s
        join escalation_policies p on p.id = s.escalation_policy_id and p.archived_at is null
        where s.id = a.service_id));

-- Of these alerts, those that stay quiet under an earlier urgent alert of what their service depends on, at most five services
-- away, where the service wants that. Never P1, and never under an alert that nobody looks after.
create function alerts_above(alert_ids uuid[])
returns table (alert_id uuid, under_id uuid) language sql stable as $$
    with recursive below as (
        select a.id, a.number, a.service_id from alerts a join services s on s.id = a.service_id
        where a.id = any (alert_ids) and s.quiet_under_dependencies and a.priority > 1
    ), chain as (
        select b.service_id as root, d.depends_on_id as service_id, 1 as depth
        from (select distinct service_id from below) b join service_dependencies d on d.service_id = b.service_id
        union
        select c.root, d.depends_on_id, c.depth + 1
        from chain c join service_dependencies d on d.service_id = c.service_id where c.depth < 5
    ), earliest as materialized (
        select c.root, u.id, u.number
        from (select distinct root, service_id from chain where service_id <> root) c
        cross join lateral (
            select x.id, x.number from alerts x
            where x.service_id = c.service_id and x.closed_at is null and x.urgency = 'high' and has_attention(x)
            order by x.number limit 1
        ) u
    )
    select distinct on (b.id) b.id, e.id
    from below b join earliest e on e.root = b.service_id and e.number < b.number
    order by b.id, e.number
$$;

-- Of these alerts, those that page nobody for now (of several silences, the one that lasts longest): until when (null: while the
-- alert above is open), why, and in words. In a language that keeps its plans: every alert asks, and mostly nothing is silenced.
create function hushed_alerts(alert_ids uuid[])
returns table (alert_id uuid, silence_id uuid, under_id uuid, until timestamptz, end_reason text, words text)
language plpgsql stable rows 10 as $$
#variable_conflict use_column
begin
    if exists (select from silence_windows w where tstzrange(w.starts_at, w.ends_at) @> clock()) then
        return query
        select distinct on (m.alert_id) m.alert_id, m.silence_id, null::uuid, m.until, 'silenced', silence_words(m.silence_id, m.until)
        from silences_matching(alert_ids) m order by m.alert_id, m.until desc, m.silence_id;
    end if;
    if exists (select from services s where s.quiet_under_dependencies) then
        return query
        select x.alert_id, null::uuid, x.under_id, null::timestamptz, 'suppressed',
               format('Nobody is paged: under #%s %s', a.number, a.message)
        from alerts_above(alert_ids) x join alerts a on a.id = x.under_id
        where not exists (select from silences_matching(array[x.alert_id]));
    end if;
end
$$;

-- After a silence was changed, extended or ended: its alerts wait for its new end, or are due now.
create function silence_moved(silence uuid) returns void language sql as $$
    with waiting as materialized (
        select id, alert_id from silenced_alerts where silence_id = silence and over_at is null
    ), still as materialized (
        select m.alert_id, m.until from silences_matching(array(select alert_id from waiting)) m where m.silence_id = silence
    )
    update silenced_alerts x set until = coalesce(still.until, clock())
    from waiting left join still using (alert_id) where x.id = waiting.id
$$;
