-- Pages that somebody sends by name, and people whose account is disabled while they are paged.

-- The tables are new.
-- squawk-ignore-file adding-foreign-key-constraint, constraint-missing-not-valid, require-concurrent-index-creation

-- Whom somebody asked for: its alert pages by this plan, whatever its service's policy, silences and groups say.
create table direct_pages (
    alert_id uuid primary key references alerts on delete cascade,
    -- How it was called: "Database on-call".
    target text not null,
    plan jsonb not null,
    policy_id uuid references escalation_policies on delete set null,
    -- Who is told how it went; null for what belongs to nobody.
    sender_id uuid references users on delete set null,
    -- When to look whether somebody has answered; null once that is known.
    look_at timestamptz
);
create index direct_pages_look_at on direct_pages (look_at) where look_at is not null;

-- Pages that were sent from an incident: whoever answers takes part in it.
create table incident_pages (
    alert_id uuid primary key references alerts on delete cascade,
    incident_id uuid not null references incidents on delete cascade
);

-- As before, and besides: whoever's account is disabled is not woken, also by what was queued before.
create or replace function page_is_moot(p pages, a alerts) returns boolean language sql stable
return a.closed_at is not null or p.acknowledged_at is not null or case
    when p.escalation_id is null then coalesce(a.acknowledged_at > p.created_at, false)
    else a.acknowledged_at is not null or coalesce(a.snoozed_until > clock(), false)
end or exists (select from users u where u.id = p.user_id and u.disabled_at is not null);

-- Whether the alert's record tells of it; those of before are in the ledger alone.
alter table empty_steps add column told boolean not null default true;
alter table empty_steps alter column told set default false;
