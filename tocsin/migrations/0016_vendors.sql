-- Vendors: by whom each try went and how long it took; a vendor that fails rests; a missing receipt is a due row.

-- squawk-ignore-file require-concurrent-index-creation
-- Both indexes are partial on columns that are new, so they are empty when they are made.

alter table deliveries
    -- Vendors that were asked in this round, as `sms/twilio`; emptied when a new round begins after a pause.
    add column tried text[] not null default '{}',
    -- Those of them that said that asking again cannot help.
    add column hopeless text[] not null default '{}',
    -- A vendor that tells when messages arrive has not told yet: then another one is tried. Left behind by a state
    -- other than `sent`, it is cleared when it falls due.
    add column receipt_due_at timestamptz,
    -- Its vendor rested and another way to the person was free: let past once, never twice.
    add column passed_over boolean not null default false;
create index deliveries_receipt_due_at on deliveries (receipt_due_at) where receipt_due_at is not null;

alter table delivery_attempts
    -- `sms/twilio`, `ntfy/ntfy.sh`, `email`; empty for what was no try at a vendor.
    add column vendor text not null default '',
    -- Milliseconds to the hand-over, or from the hand-over to the receipt.
    add column took_ms integer,
    -- Whether it failed by the vendor's own fault: network, 5xx, our account refused. Not a bad number.
    add column fault boolean not null default false,
    -- The vendor said that the address will never work again.
    add column gone boolean not null default false,
    -- Told later by the vendor, or missed.
    add column receipt boolean not null default false;
create index delivery_attempts_vendor on delivery_attempts (vendor, at) include (receipt, fault, outcome, took_ms)
    where vendor <> '';

-- How each vendor stands, for all processes alike. A row appears with the first message.
create table vendors (
    vendor text primary key,
    -- In a row, by its own fault.
    failures integer not null default 0,
    -- How often it was rested; each rest is twice as long as the one before, until it has worked for a while.
    rests integer not null default 0,
    rested_at timestamptz,
    -- Left for others until then; afterwards one message goes first, and only its success ends the rest.
    resting_until timestamptz,
    -- That message is on its way; when its process died, another one goes.
    probing_until timestamptz,
    last_success_at timestamptz,
    last_failed_at timestamptz,
    last_error text not null default ''
);

-- Which escalations began in a stretch of time: "why was I not paged?".
create index escalations_started_at on escalations (started_at);

-- Whether most of the newest tries at a vendor failed by its fault; few tries say nothing.
create function vendor_mostly_fails(wanted text) returns boolean language sql stable as $$
    select count(*) >= 20 and count(*) filter (where fault) * 2 > count(*)
    from (
        select a.fault from delivery_attempts a
        where a.vendor = wanted and a.vendor <> '' and a.at > clock() - interval '5 minutes' and not a.receipt
        order by a.at desc limit 40
    ) newest
$$;

-- How long a vendor rests: half a minute, then twice as long each time, a quarter of an hour at most.
create function vendor_rest(rests integer) returns interval language sql immutable
return least(interval '30 seconds' * (2 ^ least(rests, 10)), interval '15 minutes');
