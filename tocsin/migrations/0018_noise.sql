-- Several pages of one cause go to a person as one message; more messages to one place than it should get are held back.

-- squawk-ignore-file require-concurrent-index-creation
-- The indexes on deliveries are partial on columns that are new, or on what waits, which is little.
-- squawk-ignore-file adding-not-nullable-field

alter table deliveries
    -- The message that this page is in. Of those in one bundle exactly one is sent; it says how many others it carries.
    add column bundle_id uuid,
    add column carries integer not null default 0,
    -- The message of the same cause that went just before: this one waits and gathers others until its window ends.
    add column behind_id uuid,
    -- When it was last taken to be sent, where messages to one place are limited.
    add column counted_at timestamptz;
create index deliveries_bundle_id on deliveries (bundle_id) where bundle_id is not null;
create index deliveries_behind_id on deliveries (behind_id) where behind_id is not null and state = 'queued';
create index deliveries_counted_at on deliveries (address, transport, counted_at desc) where counted_at is not null;
create index deliveries_method on deliveries (contact_method_id, due_at) where state = 'queued';

-- Which pages a message listed, also after a try that failed: the link in it speaks for these and no others.
create table bundle_pages (
    bundle_id uuid not null,
    page_id uuid not null references pages on delete cascade,
    primary key (bundle_id, page_id)
);
create index bundle_pages_page_id on bundle_pages (page_id);

-- The last message about a cause over a contact method; what follows it soon is gathered.
create table bundle_windows (
    contact_method_id uuid not null references contact_methods on delete cascade,
    -- A service.
    cause uuid not null,
    delivery_id uuid not null,
    opened_at timestamptz not null,
    -- The worst that was told since the window opened: whatever is worse does not wait.
    priority integer not null,
    high boolean not null,
    primary key (contact_method_id, cause)
);

-- Whether a window that opened then is open still. One that opens in time to come is none: the clock has been turned back.
create function is_lately(opened_at timestamptz, within_s float8) returns boolean language sql stable
return opened_at between clock() - make_interval(secs => within_s) and clock() + interval '5 seconds';

-- Whether a page may wait behind what was told just now: that is at least as bad, and has not failed.
create function window_holds(w bundle_windows, gather_s float8, priority integer, high boolean)
returns boolean language sql stable
return is_lately(w.opened_at, gather_s) and w.priority <= priority and (w.high or not high)
    and exists (select from deliveries d where d.id = w.delivery_id and d.state in ('sending', 'sent', 'delivered', 'seen'));

-- Whether nobody has had a page of this escalation before this one, and it is of high urgency: no limit applies to it.
create function page_is_first(p pages) returns boolean language sql stable
return p.urgency = 'high' and (p.escalation_id is null or not exists (
    select from pages o where o.escalation_id = p.escalation_id and o.user_id = p.user_id and o.id <> p.id
        and (o.round, o.step) < (p.round, p.step)));

-- How many messages a place got within the last hour, at most so many counted, and when the first of these is an hour old.
create function messages_lately(place text, way text, besides uuid, enough integer)
returns table (sent integer, free_at timestamptz) language sql stable as $$
    select count(*)::integer, min(n.counted_at) + interval '1 hour'
    from (
        select d.counted_at from deliveries d
        where d.address = place and d.transport = way and d.counted_at between clock() - interval '1 hour' and clock() + interval '5 seconds'
          and d.id <> besides and d.state in ('sending', 'sent', 'delivered', 'seen')
        order by d.counted_at desc limit enough
    ) n
$$;

-- How many other pages stand in the message that this page went in.
create function beside(d deliveries) returns integer language sql stable
return case when d.bundle_id is null then 0 else (select count(*)::integer - 1 from deliveries o where o.bundle_id = d.bundle_id) end;

-- Whether a page waits for others of its cause.
create function is_gathering(d deliveries) returns boolean language sql stable
return d.state = 'queued' and d.behind_id is not null and d.error is null and d.attempts = 0 and d.due_at > clock();

-- Whatever becomes of a message becomes of every page in it: no statement can forget one.
-- One that goes back to the queue gives its pages back, each for itself; the next try gathers them anew. What waits behind a
-- message that did not get through waits no longer.
create function follow_carrier() returns trigger language plpgsql as $$
begin
    if new.carries > 0 and new.bundle_id = old.bundle_id then
        if new.state = 'cancelled' then
            -- Nobody needs the page that carried the others: they are not lost with it.
            update deliveries f set state = 'queued', due_at = clock(), leased_until = null, bundle_id = null,
                maybe_repeated = f.maybe_repeated or new.maybe_repeated
            where f.bundle_id = new.bundle_id and f.id <> new.id and f.state = old.state;
        else
            update deliveries f set state = new.state, due_at = new.due_at, attempts = new.attempts,
                leased_until = new.leased_until + interval '5 minutes', vendor_id = new.vendor_id, error = new.error,
                maybe_repeated = new.maybe_repeated, sent_at = new.sent_at, delivered_at = new.delivered_at,
                seen_at = new.seen_at, failed_at = new.failed_at, tried = new.tried, hopeless = new.hopeless,
                passed_over = new.passed_over,
                bundle_id = case when new.state <> 'queued' then f.bundle_id end
            where f.bundle_id = new.bundle_id and f.id <> new.id and f.state = old.state;
        end if;
    end if;
    if old.state = 'sending' and new.state in ('queued', 'failed', 'cancelled') then
        update deliveries h set due_at = clock()
        where h.id in (select w.id from deliveries w where w.behind_id = new.id and w.state = 'queued' and w.attempts = 0
                       and w.due_at > clock() for update skip locked);
    end if;
    return null;
end
$$;
create trigger deliveries_follow_carrier after update on deliveries for each row
    when (new.carries > 0 or old.state = 'sending' and new.state in ('queued', 'failed', 'cancelled'))
    execute function follow_carrier();
