-- name: claim_deliveries
-- row: tocsin.paging.model.Claimed
-- engine
-- Takes what is due with a lease, per transport as many as it has room for, with all that the message may say.
-- $4: transports over which pages of one cause go as one message, $5: seconds within which what follows a message is
-- gathered. $6, $7: transports whose messages to one place are limited, and how many an hour.
-- A message whose link acts about one alert (a reminder of a promise) goes by itself.
-- One whose lease ran out was in the hands of a process that died: it may have been sent before, and goes again as it was.
-- A page that nobody needs any more is dropped here, at the last moment. The row of a window is what processes agree by:
-- whoever opens it sends, and the others' pages wait behind that message.
with due as materialized (
    select d.id, d.contact_method_id, lane.transport = any ($4::text[]) as bundles
    from unnest($1::text[], $2::integer[]) as lane (transport, room)
    cross join lateral (
        select q.id, q.contact_method_id from deliveries q
        where q.state = 'queued' and q.transport = lane.transport and q.due_at <= clock()
        order by q.due_at limit lane.room for update skip locked
    ) d
), near as materialized (
    -- Whatever else is due by the same way goes along.
    select o.id
    from (select distinct contact_method_id from due where bundles and contact_method_id is not null) m
    cross join lateral (
        select q.id from deliveries q
        where q.contact_method_id = m.contact_method_id and q.state = 'queued' and q.due_at <= clock()
          and q.purpose in ('page', 'notice', 'all_clear')
        order by q.due_at limit 500 for update skip locked
    ) o
), expired as materialized (
    select q.id from deliveries q
    where q.state = 'sending' and q.leased_until < clock() and q.transport = any ($1::text[])
    order by q.leased_until limit 100 for update skip locked
), taken as (
    select id, false as expired from due union select id, false from near union all select id, true from expired
), judged as materialized (
    select t.id, t.expired, d.page_id, d.purpose, d.transport, d.address, d.contact_method_id, d.due_at, d.message ->> 'text' as text,
           a.service_id as cause, a.priority, a.number, p.urgency = 'high' as high, page_is_first(p) as first,
           d.purpose = 'page' and p.id is not null and page_is_moot(p, a) as moot,
           not t.expired and d.transport = any ($4) and d.contact_method_id is not null and a.service_id is not null and (
               d.purpose in ('notice', 'all_clear') and not d.message ? 'own_link' or d.purpose = 'page' and p.escalation_id is not null
                   and not exists (select from direct_pages g where g.alert_id = a.id)) as joins
    from taken t join deliveries d using (id)
    left join pages p on p.id = d.page_id left join alerts a on a.id = p.alert_id
), sorted as materialized (
    select j.*, first_value(id) over (lot order by high desc, priority, number, id) as carrier_id
    from judged j where not moot
    window lot as (partition by joins, case when joins then contact_method_id else id end, case when joins then cause end,
                   purpose, case when purpose <> 'page' then text end)
), lots as materialized (
    -- One row for each message that could go now, led by the worst page in it.
    select carrier_id, count(*) - 1 as others, bool_or(first) as first, bool_or(high) as high, min(priority) as priority,
           bool_or(joins) and min(purpose) = 'page' as gathers, bool_or(expired) as expired, min(purpose) as purpose,
           min(transport) as transport, min(address) as address
    from sorted group by carrier_id
), opened as (
    insert into bundle_windows as w (contact_method_id, cause, delivery_id, opened_at, priority, high)
    select s.contact_method_id, s.cause, l.carrier_id, clock(), l.priority, l.high
    from lots l join sorted s on s.id = l.carrier_id
    where l.gathers order by s.contact_method_id, s.cause
    on conflict (contact_method_id, cause) do update
    set delivery_id = excluded.delivery_id, opened_at = excluded.opened_at, priority = excluded.priority, high = excluded.high
    where not window_holds(w, $5::float8, excluded.priority, excluded.high)
    returning delivery_id
), going as (
    select l.*, row_number() over (partition by transport, address order by first desc, priority, carrier_id) as place
    from lots l where not gathers or carrier_id in (select delivery_id from opened)
), held as materialized (
    -- More than a place should get within an hour. The first page that says "now" always goes, as does what may have gone.
    select g.carrier_id, greatest(coalesce(n.free_at, clock() + interval '1 hour'), clock() + interval '1 second') as until,
           'Held back: ' || k.most || ' messages to this address in the last hour.' as why
    from going g join unnest($6::text[], $7::integer[]) as k (transport, most) using (transport)
    cross join lateral messages_lately(g.address, g.transport, g.carrier_id, k.most) n
    where g.purpose = 'page' and not g.first and not g.expired and n.sent + g.place > k.most
), sending as materialized (
    select g.carrier_id, g.others, case when g.others > 0 then gen_random_uuid() end as bundle_id
    from going g where not exists (select from held h where h.carrier_id = g.carrier_id)
), verdict as materialized (
    select s.id, s.expired, false as moot, s.page_id, m.carrier_id is not null as goes, m.bundle_id, s.id = s.carrier_id as leads,
           m.others, h.why, case when m.carrier_id is null and h.why is null then w.delivery_id end as behind_id,
           case when h.why is not null then h.until
                when m.carrier_id is null then greatest(coalesce(w.opened_at, clock()) + make_interval(secs => $5),
                                                        clock() + interval '1 second') end as until
    from sorted s left join sending m on m.carrier_id = s.carrier_id left join held h on h.carrier_id = s.carrier_id
    left join bundle_windows w on w.contact_method_id = s.contact_method_id and w.cause = s.cause
        and is_lately(w.opened_at, $5)
    union all
    select j.id, j.expired, true, j.page_id, false, null, true, null, null, null, null from judged j where j.moot
), listed as (
    insert into bundle_pages (bundle_id, page_id)
    select bundle_id, page_id from verdict where bundle_id is not null on conflict do nothing
), changed as (
    update deliveries d set
        -- What another vendor has taken before stays handed over.
        state = case when goes then 'sending' when not moot then 'queued' when d.sent_at is null then 'cancelled' else 'sent' end,
        attempts = attempts + case when goes then 1 else 0 end,
        leased_until = case when goes then clock() + make_interval(secs => $3) + case when leads then '0 s' else '5 minutes' end::interval end,
        maybe_repeated = maybe_repeated or expired,
        due_at = coalesce(v.until, d.due_at),
        error = case when v.why is not null then v.why when v.until is null then d.error end,
        passed_over = d.passed_over or v.why is not null,
        behind_id = case when v.until is not null then v.behind_id else d.behind_id end,
        bundle_id = case when expired then d.bundle_id else v.bundle_id end,
        carries = case when expired then d.carries when goes and leads then v.others else 0 end,
        counted_at = case when goes and leads and d.transport = any ($6) then clock() else d.counted_at end
    from verdict v where v.id = d.id
    returning d.*, v.goes, v.leads, v.expired, v.why
), hurried as (
    -- Whose message is held back is reached by their next way at once.
    update deliveries set due_at = clock() where id in (
        select n.id from (select distinct page_id from verdict where why is not null) p cross join lateral (
            select q.id from deliveries q
            where q.page_id = p.page_id and q.state = 'queued' and q.purpose = 'page' and q.attempts = 0
              and not q.passed_over and q.due_at > clock()
            order by q.due_at limit 1 for update skip locked
        ) n
    )
), kept as (
    insert into delivery_attempts (delivery_id, attempt, outcome, detail)
    select id, attempts, 'held_back', why from changed where why is not null
    on conflict do nothing
)
select c.id, c.page_id, c.purpose, c.message, c.transport, c.address, coalesce(m.secret, k.secret) as secret,
       c.contact_method_id, p.channel_id, c.state, c.attempts,
       c.tried, c.hopeless, c.passed_over, c.sent_at is not null as handed_over, coalesce(p.urgency, '') as urgency,
       c.maybe_repeated, clock() as now, coalesce(p.reason, '') as reason, coalesce(u.name, '') as person,
       coalesce(u.time_zone, 'UTC') as time_zone, a.id as alert_id, a.number, a.message as alert_message, a.description,
       a.priority, a.source, a.entity, a.tags, a.details, a.link, a.count, a.started_at, s.name as service, s.runbook_url,
       case when c.carries > 0 then c.bundle_id end as bundle_id, c.carries, c.behind_id is not null as follows,
       case when c.carries > 0 then (
           select jsonb_agg(jsonb_build_object('number', o.number, 'message', o.message, 'priority', o.priority)
                            order by o.priority, o.number)
           from (
               select x.number, x.message, x.priority
               from (select v.page_id from verdict v where v.bundle_id = c.bundle_id and not v.leads
                     union
                     select f.page_id from deliveries f
                     where c.expired and f.bundle_id = c.bundle_id and f.id <> c.id and f.state = 'sending') along
               join pages y on y.id = along.page_id join alerts x on x.id = y.alert_id
               order by x.priority, x.number limit 50
           ) o
       ) end as others
from changed c
left join contact_methods m on m.id = c.contact_method_id
left join users u on u.id = c.user_id
left join pages p on p.id = c.page_id
left join page_channels k on k.id = p.channel_id
left join alerts a on a.id = p.alert_id
left join services s on s.id = a.service_id
where c.leads or not c.goes
order by c.due_at

-- name: pages_carried
-- engine
-- The pages that stood in these messages besides their own: what fails for one fails for all.
select distinct b.page_id from deliveries d join bundle_pages b on b.bundle_id = d.bundle_id
where d.id = any ($1::uuid[]) and d.carries > 0 and b.page_id <> d.page_id

-- name: bundle_of_message
-- The pages that a message is about, and the bundle if there are several.
select page_id, case when carries > 0 then bundle_id end as bundle_id from deliveries where id = $1

-- name: pages_of_bundle
-- The pages that a message listed, the worst first, and whom it was for.
select p.id as page_id, a.id as alert_id, a.number, a.message, a.priority, a.started_at, s.name as service, p.user_id, u.name, u.time_zone,
       u.disabled_at, p.acknowledged_at as answered_at, a.acknowledged_at, coalesce(a.acknowledged_by, '') as acknowledged_by,
       a.owner_id, a.closed_at, coalesce(a.closed_by, '') as closed_by
from bundle_pages b join pages p on p.id = b.page_id join users u on u.id = p.user_id
join alerts a on a.id = p.alert_id left join services s on s.id = a.service_id
where b.bundle_id = $1 order by a.priority, a.number

-- name: mark_bundle_seen
-- The link of a message with several pages was opened: all of them count as seen.
update deliveries set seen_at = clock(),
    state = case when state in ('sent', 'delivered') then 'seen' else state end
where bundle_id = $1 and purpose = 'page' and seen_at is null and state in ('sending', 'sent', 'delivered')
