-- Whom to page, in what order; the escalations that run; and the ledger of every page and message.

create table escalation_policies (
    id uuid primary key,
    name text not null check (length(name) between 1 and 100),
    team_id uuid references teams on delete set null,
    -- After the last step: how often to run all steps again, and how long after the last step's delay.
    repeats integer not null default 2 check (repeats between 0 and 20),
    repeat_after_s integer not null default 300 check (repeat_after_s between 60 and 86400),
    created_at timestamptz not null default clock(),
    archived_at timestamptz
);
create unique index escalation_policies_name on escalation_policies (lower(name)) where archived_at is null;

-- The table is as new as this file.
-- squawk-ignore adding-foreign-key-constraint, constraint-missing-not-valid
alter table services add constraint services_escalation_policy foreign key (escalation_policy_id)
    references escalation_policies on delete set null;

create table escalation_steps (
    policy_id uuid not null references escalation_policies on delete cascade,
    position integer not null check (position >= 0),
    -- Counted from the start of the escalation (or of its repeat), not from the step before.
    delay_s integer not null check (delay_s between 0 and 604800),
    primary key (policy_id, position)
);

create table escalation_targets (
    id uuid primary key,
    policy_id uuid not null,
    position integer not null,
    user_id uuid references users on delete cascade,
    schedule_id uuid references schedules on delete cascade,
    check (num_nonnulls(user_id, schedule_id) = 1),
    foreign key (policy_id, position) references escalation_steps on delete cascade
);
create index escalation_targets_policy on escalation_targets (policy_id, position);

create table escalations (
    id uuid primary key default gen_random_uuid(),
    alert_id uuid not null references alerts on delete cascade,
    policy_id uuid references escalation_policies on delete set null,
    policy_name text not null,
    -- The policy as it was when the escalation began: {"repeats", "repeat_after_s", "steps": [{"delay_s", "targets": [{"user"|"schedule": id, "name"}]}]}.
    plan jsonb not null,
    urgency text not null,
    round integer not null default 0,
    -- The next step to run, counted from 0.
    step integer not null default 0,
    round_started_at timestamptz not null,
    started_at timestamptz not null default clock(),
    next_at timestamptz,
    ended_at timestamptz,
    end_reason text check (
        end_reason in ('acknowledged', 'closed', 'snoozed', 'replaced', 'exhausted', 'nobody', 'failed')),
    -- A sentence: why nobody is paged, or what was wrong with this escalation.
    error text
);
create unique index escalations_running on escalations (alert_id) where ended_at is null;
create index escalations_alert_id on escalations (alert_id, started_at);
create index escalations_next_at on escalations (next_at) where ended_at is null;

-- A step that found nobody: the ledger says so, and the next step ran at once.
create table empty_steps (
    escalation_id uuid not null references escalations on delete cascade,
    round integer not null,
    step integer not null,
    at timestamptz not null default clock(),
    reason text not null,
    primary key (escalation_id, round, step)
);

create table pages (
    id uuid primary key default gen_random_uuid(),
    alert_id uuid not null references alerts on delete cascade,
    -- Null when somebody asked for this person by name: a hand-over, "page Ben".
    escalation_id uuid references escalations on delete cascade,
    user_id uuid not null references users on delete cascade,
    round integer not null default 0,
    step integer not null default 0,
    -- Why this person: "step 2, on call for Payments".
    reason text not null default '',
    urgency text not null,
    created_at timestamptz not null default clock(),
    acknowledged_at timestamptz,
    unique (escalation_id, round, step, user_id)
);
create index pages_alert_id on pages (alert_id, created_at);
create index pages_user_id on pages (user_id, created_at desc);

create table deliveries (
    id uuid primary key default gen_random_uuid(),
    -- Null for a message that is no page: a test, an invitation, a verification.
    page_id uuid references pages on delete cascade,
    user_id uuid references users on delete cascade,
    contact_method_id uuid references contact_methods on delete set null,
    transport text not null,
    address text not null,
    purpose text not null default 'page' check (purpose in ('page', 'test', 'notice', 'all_clear', 'link')),
    -- For purposes other than page: subject, text, url. Blanked once a link is sent: it may sign somebody in.
    message jsonb,
    state text not null default 'queued'
        check (state in ('queued', 'sending', 'sent', 'delivered', 'seen', 'failed', 'cancelled')),
    due_at timestamptz not null default clock(),
    attempts integer not null default 0,
    leased_until timestamptz,
    vendor_id text,
    error text,
    -- A process died between the vendor's answer and our commit: this message may have been sent before.
    maybe_repeated boolean not null default false,
    queued_at timestamptz not null default clock(),
    sent_at timestamptz,
    delivered_at timestamptz,
    seen_at timestamptz,
    failed_at timestamptz
);
create index deliveries_page_id on deliveries (page_id);
create index deliveries_queued on deliveries (transport, due_at) where state = 'queued';
create index deliveries_due_at on deliveries (due_at) where state = 'queued';
create index deliveries_sending on deliveries (leased_until) where state = 'sending';
create index deliveries_user_id on deliveries (user_id, queued_at desc);

create table delivery_attempts (
    delivery_id uuid not null references deliveries on delete cascade,
    attempt integer not null,
    at timestamptz not null default clock(),
    outcome text not null,
    detail text not null default '',
    primary key (delivery_id, attempt, outcome)
);

-- A contact method whose far end said that it is gone for good; not tried again until a test page gets through.
create table unusable_methods (
    contact_method_id uuid primary key references contact_methods on delete cascade,
    since timestamptz not null default clock(),
    reason text not null
);

-- A policy as it is frozen into an escalation.
create function policy_plan(policy uuid) returns jsonb language sql stable as $$
    select jsonb_build_object('repeats', p.repeats, 'repeat_after_s', p.repeat_after_s, 'steps', (
        select coalesce(jsonb_agg(jsonb_build_object('delay_s', s.delay_s, 'targets', (
            select coalesce(jsonb_agg(
                case when t.user_id is not null then jsonb_build_object('user', t.user_id, 'name', u.name)
                     else jsonb_build_object('schedule', t.schedule_id, 'name', c.name) end order by t.id), '[]')
            from escalation_targets t left join users u on u.id = t.user_id
            left join schedules c on c.id = t.schedule_id
            where t.policy_id = s.policy_id and t.position = s.position
        )) order by s.position), '[]')
        from escalation_steps s where s.policy_id = p.id
    ))
    from escalation_policies p where p.id = policy
$$;

-- How long after the round's start a frozen step runs; null behind the last one.
create function step_delay(plan jsonb, step integer) returns interval language sql immutable
return make_interval(secs => (plan -> 'steps' -> step ->> 'delay_s')::integer);

-- How a person is reached at an urgency: by their rules, else by every verified method. One row without a transport
-- when there is no way: it becomes a delivery that has failed, so that the ledger shows it.
create function ways(person uuid, wanted text)
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
    )
    select way.id, way.transport, way.address, clock() + make_interval(secs => way.delay_s), 'queued', null::text,
           null::timestamptz
    from way
    union all
    select null, '', '', clock(), 'failed', 'There is no contact method to reach this person by.', clock()
    where not exists (select from way)
$$;

-- Whether a page has nobody to wake any more. One that was asked for by name outlives an earlier acknowledgement.
create function page_is_moot(p pages, a alerts) returns boolean language sql stable
return a.closed_at is not null or p.acknowledged_at is not null or case
    when p.escalation_id is null then coalesce(a.acknowledged_at > p.created_at, false)
    else a.acknowledged_at is not null or coalesce(a.snoozed_until > clock(), false)
end;

-- Who is meant by a frozen step: users as named, schedules by who holds them at this moment.
create function step_people(plan jsonb, step integer)
returns table (user_id uuid, schedule_id uuid, reason text) language sql stable as $$
    with target as (
        select (t ->> 'user')::uuid as user_id, (t ->> 'schedule')::uuid as schedule_id, t ->> 'name' as name
        from jsonb_array_elements(plan -> 'steps' -> step -> 'targets') as t
    )
    select distinct on (u.id) u.id, p.schedule_id,
        case when p.schedule_id is null then 'named in step ' || (step + 1)
             else 'step ' || (step + 1) || ', on call for ' || p.name end
    from (
        select target.user_id, null::uuid as schedule_id, target.name from target where target.user_id is not null
        union all
        select o.user_id, o.schedule_id, target.name
        from target join on_call_now o on o.schedule_id = target.schedule_id
    ) p
    join users u on u.id = p.user_id and u.disabled_at is null
    order by u.id, p.schedule_id nulls first
$$;
