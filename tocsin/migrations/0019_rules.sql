-- Acknowledgements with a promise, responders of an alert, and when somebody may be disturbed.

-- squawk-ignore-file require-concurrent-index-creation
-- The indexes are partial on columns that are new, or on new tables: empty when they are made.

alter table alerts
    -- Until when whoever acknowledged gives the next sign of life; null: nothing was promised. Only while acknowledged.
    add column promised_until timestamptz,
    -- When they are reminded; null when they were.
    add column promise_remind_at timestamptz;
create index alerts_promised_until on alerts (promised_until) where promised_until is not null;
create index alerts_promise_remind_at on alerts (promise_remind_at) where promise_remind_at is not null;

-- What an acknowledgement promises when nothing else is said, by the alert's priority.
create table promise_defaults (
    priority smallint primary key check (priority between 1 and 5),
    -- 0: nothing is promised. Null: until an hour into the next working day.
    minutes integer check (minutes between 0 and 10080),
    -- Whether what a program acknowledges promises the same; else it promises nothing.
    machines boolean not null default false
);
insert into promise_defaults (priority, minutes) values (1, 30), (2, 60), (3, 240), (4, null), (5, null);

-- Why an escalation goes on where another one ended: "Ana's acknowledgement lapsed at 04:12 UTC".
alter table escalations add column because text;

-- Who was added to an alert by name, and by whom.
create table alert_responders (
    alert_id uuid not null references alerts on delete cascade,
    user_id uuid not null references users on delete cascade,
    -- "on call for Payments", "in team Payments"; empty for a person who was named.
    via text not null default '',
    added_by text not null,
    added_at timestamptz not null default clock(),
    primary key (alert_id, user_id)
);
create index alert_responders_user_id on alert_responders (user_id);

-- Users are some hundreds of rows, and a default that is a constant rewrites none of them.
alter table users
    -- Their notification rules are their own; else the defaults, kept in step with their contact methods.
    add column own_rules boolean not null default false,
    add column undisturbed_until timestamptz,
    -- Every day on their own clock, overnight when the end is not later; both or neither.
    add column quiet_from time,
    add column quiet_to time;

-- The time zone of a person, or UTC when the time zone data does not know it any more.
create function zone_of(zone text) returns text language plpgsql stable as $$
begin
    perform clock() at time zone zone;
    return zone;
exception when invalid_parameter_value then
    return 'UTC';
end
$$;

-- The stretches of working time of a person that end after a moment, for ten days. Hours that end before they begin, or at the
-- same time, go on until the next day. Who works on no day works on every day: else nothing could ever be said to them.
create function working_spans(person uuid, at timestamptz) returns table (starts_at timestamptz, ends_at timestamptz)
language sql stable as $$
    select s.starts_at, s.ends_at
    from (select work_starts, work_ends, zone_of(time_zone) as zone,
                 case when work_days = '{}' then '{1,2,3,4,5,6,7}'::smallint[] else work_days end as days
          from users where id = person) u
    cross join lateral generate_series(-2, 10) n
    cross join lateral (select (at at time zone u.zone)::date + n as day) d
    cross join lateral (
        select (d.day + u.work_starts) at time zone u.zone as starts_at,
               (d.day + case when u.work_ends <= u.work_starts then 1 else 0 end + u.work_ends) at time zone u.zone as ends_at
    ) s
    where extract(isodow from d.day)::smallint = any (u.days) and s.starts_at < s.ends_at and s.ends_at > at
$$;

-- When a person works next: the moment itself while they do.
create function next_working_moment(person uuid, at timestamptz) returns timestamptz language sql stable as $$
    select coalesce(min(greatest(w.starts_at, at)), at) from working_spans(person, at) w
$$;

-- When the quiet of a person that covers a moment is over: do not disturb, or their quiet hours. Null while there is none.
create function quiet_until(person uuid, at timestamptz) returns timestamptz language sql stable as $$
    select max(q.ends_at)
    from (select undisturbed_until, quiet_from, quiet_to, zone_of(time_zone) as zone from users where id = person) u
    cross join lateral (
        select u.undisturbed_until as ends_at where u.undisturbed_until > at
        union all
        select s.ends_at
        from generate_series(-1, 1) n
        cross join lateral (select (at at time zone u.zone)::date + n as day) d
        cross join lateral (
            select (d.day + u.quiet_from) at time zone u.zone as starts_at,
                   (d.day + case when u.quiet_to <= u.quiet_from then 1 else 0 end + u.quiet_to) at time zone u.zone as ends_at
        ) s
        where s.starts_at <= at and s.ends_at > at
    ) q
$$;

-- When a person may be told what is not urgent: the first moment of their working hours that is not quiet. Quiet that leaves no
-- working time within ten days does not count: what waits must come some day.
create function undisturbed_moment(person uuid, at timestamptz) returns timestamptz language plpgsql stable as $$
declare
    found timestamptz := next_working_moment(person, at);
    over timestamptz;
begin
    for n in 1..40 loop
        over := quiet_until(person, found);
        if over is null then
            return found;
        end if;
        found := next_working_moment(person, over);
    end loop;
    return next_working_moment(person, greatest(at, (select undisturbed_until from users where id = person)));
end
$$;

-- Why something waits until a moment, in words for the ledger.
create function waiting_words(person uuid, at timestamptz, until timestamptz) returns text language sql stable as $$
    select 'waits for ' || case when next_working_moment(person, at) = until then 'working hours'
                                when u.undisturbed_until > at then 'the end of do not disturb' else 'the end of quiet hours' end
        || to_char(until at time zone zone_of(u.time_zone), ', HH24:MI Dy') || ' (' || zone_of(u.time_zone) || ')'
    from users u where u.id = person
$$;

-- How a person would be reached at an urgency at a moment: by their rules, else by every verified method. High urgency begins
-- at once, also when the method with the shortest delay cannot be used any more. Low urgency waits for working hours that are not
-- quiet, and says so. One row without a transport when there is no way: it becomes a delivery that has failed, so that the
-- ledger shows it.
create function ways_at(person uuid, wanted text, at timestamptz)
returns table (contact_method_id uuid, transport text, address text, due_at timestamptz, state text, error text,
               failed_at timestamptz)
language sql stable as $$
    with method as (
        select m.id, m.transport, m.address, m.verified_at from contact_methods m
        where m.user_id = person and not exists (select from unusable_methods x where x.contact_method_id = m.id)
    ), ruled as (
        select m.id, m.transport, m.address, min(r.delay_s) as delay_s
        from notification_rules r join method m on m.id = r.contact_method_id
        where r.user_id = person and r.urgency = wanted
        group by m.id, m.transport, m.address
    ), way as (
        select ruled.id, ruled.transport, ruled.address, ruled.delay_s from ruled
        union all
        select m.id, m.transport, m.address, 0 from method m
        where m.verified_at is not null and not exists (select from ruled)
    ), begins as materialized (
        select case when wanted = 'low' then undisturbed_moment(person, at) else at end as at where exists (select from way)
    ), timed as (
        select way.*, case
            when wanted <> 'low' then at + make_interval(secs => way.delay_s - min(way.delay_s) over ())
            when way.delay_s = 0 then begins.at
            else undisturbed_moment(person, begins.at + make_interval(secs => way.delay_s)) end as due_at
        from way cross join begins
    )
    select t.id, t.transport, t.address, t.due_at, 'queued',
           case when t.due_at > at + make_interval(secs => t.delay_s) and wanted = 'low'
                then waiting_words(person, at, t.due_at) end, null::timestamptz
    from timed t
    union all
    select null, '', '', at, 'failed', 'There is no contact method to reach this person by.', at
    where not exists (select from way)
$$;

create or replace function ways(person uuid, wanted text)
returns table (contact_method_id uuid, transport text, address text, due_at timestamptz, state text, error text,
               failed_at timestamptz)
language sql stable as $$
    select * from ways_at(person, wanted, clock())
$$;

-- The rules of somebody who has not made any of their own. High urgency: what rings by itself and mail at once, SMS after two
-- minutes, a call after five; what comes first comes at once. Low urgency: all but SMS and calls. Only verified methods, as long
-- as there is one.
create function default_rules(person uuid) returns table (urgency text, contact_method_id uuid, delay_s integer)
language sql stable as $$
    with method as (
        select m.id, case m.transport when 'email' then 0 when 'sms' then 2 when 'voice' then 3 else 1 end as kind
        from contact_methods m where m.user_id = person
          and (m.verified_at is not null or not exists (
              select from contact_methods v where v.user_id = person and v.verified_at is not null))
    )
    select 'high', m.id, case
        when m.kind in (0, 1) or m.kind = (select min(o.kind) from method o where o.kind > 0) then 0
        when m.kind = 2 then 120 else 300 end
    from method m
    union all
    select 'low', m.id, 0 from method m where m.kind < 2 or not exists (select from method o where o.kind < 2)
$$;

-- After a contact method came, went or was verified: the rules of somebody who uses the defaults follow.
create function keep_default_rules(person uuid) returns void language sql as $$
    delete from notification_rules r
    where r.user_id = person and exists (select from users u where u.id = person and not u.own_rules)
      and not exists (select from default_rules(person) d where d.urgency = r.urgency
                      and d.contact_method_id = r.contact_method_id and d.delay_s = r.delay_s);
    insert into notification_rules (id, user_id, urgency, contact_method_id, delay_s)
    select gen_random_uuid(), person, d.urgency, d.contact_method_id, d.delay_s
    from default_rules(person) d
    where exists (select from users u where u.id = person and not u.own_rules)
    on conflict do nothing;
$$;

-- Whoever had no other rules than those that came by themselves gets the defaults; all others keep what they chose.
update users u set own_rules = true
where exists (select from notification_rules r join contact_methods m on m.id = r.contact_method_id
              where r.user_id = u.id and (r.delay_s > 0 or r.urgency = 'low' and m.transport <> 'email'))
   or exists (select from contact_methods m where m.user_id = u.id and not exists (
              select from notification_rules r where r.contact_method_id = m.id and r.urgency = 'high'));
select keep_default_rules(id) from users where not own_rules;

-- Until when an acknowledgement promises the next sign of life, when nothing else is said; null: it promises nothing.
create function default_promise(urgent integer, person uuid, at timestamptz) returns timestamptz language sql stable as $$
    select case
        when d.minutes is null then coalesce(
            (select min(w.starts_at) from working_spans(person, at) w where w.starts_at > at), at + interval '1 day')
            + interval '1 hour'
        when d.minutes > 0 then at + make_interval(mins => d.minutes) end
    from promise_defaults d where d.priority = urgent
$$;

-- Shortly before a promise ends: ten minutes, or a fifth of the time.
create function promise_reminder(at timestamptz, until timestamptz) returns timestamptz language sql immutable
return until - least(interval '10 minutes', (until - at) / 5);

-- Whether an incident that is open, or was until a moment ago, keeps an alert alive.
create function in_open_incident(alert uuid) returns boolean language sql stable
return exists (
    select from incident_alerts l join incidents i on i.id = l.incident_id
    where l.alert_id = alert and (i.resolved_at is null or i.resolved_at > clock() - interval '15 minutes'));
