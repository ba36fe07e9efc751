-- name: note
-- engine
-- What came of the tries of a batch, folded per vendor: whether one succeeded, how many failed since by the vendor's
-- fault, and the last error. A success ends a rest. Too many failures in a row, mostly failures, or a failed probe begin
-- a longer one. While nothing changes and the last success is fresh, no row is written. Gives those that rest now.
with told as (
    select t.*, failures > 0 and vendor_mostly_fails(vendor) as mostly
    from unnest($1::text[], $2::boolean[], $3::integer[], $4::text[]) as t (vendor, succeeded, failures, error)
), noted as (
    insert into vendors as v (vendor, failures, last_success_at, last_failed_at, last_error, rests, rested_at, resting_until)
    select t.vendor, t.failures, case when t.succeeded then clock() end, case when t.failures > 0 then clock() end,
           t.error, case when t.failures >= $5 then 1 else 0 end, case when t.failures >= $5 then clock() end,
           case when t.failures >= $5 then clock() + vendor_rest(0) end
    from told t
    where not exists (
        select from vendors k where k.vendor = t.vendor and t.failures = 0 and k.failures = 0
            and k.resting_until is null and k.last_success_at > clock() - interval '10 seconds'
    )
    order by t.vendor
    on conflict (vendor) do update set
        failures = case when excluded.last_success_at is not null then 0 else v.failures end + excluded.failures,
        last_success_at = coalesce(excluded.last_success_at, v.last_success_at),
        last_failed_at = coalesce(excluded.last_failed_at, v.last_failed_at),
        last_error = case when excluded.failures > 0 then excluded.last_error else v.last_error end,
        probing_until = null,
        (rests, rested_at, resting_until) = (
            select case when s.rest then s.before + 1 else s.before end,
                   case when s.rest then clock() else v.rested_at end,
                   case when s.rest then clock() + vendor_rest(s.before)
                        when excluded.last_success_at is null then v.resting_until end
            from (
                select case when excluded.last_success_at is not null and excluded.failures = 0
                             and v.rested_at < clock() - interval '15 minutes' then 0 else v.rests end as before,
                       excluded.failures > 0 and case
                           when excluded.last_success_at is null and v.resting_until > clock() then false
                           when excluded.last_success_at is null and v.resting_until is not null then true
                           else case when excluded.last_success_at is null then v.failures else 0 end + excluded.failures >= $5
                                or (select t.mostly from told t where t.vendor = v.vendor) end as rest
            ) s
        )
    returning v.vendor, v.resting_until
)
select vendor from noted where resting_until > clock()

-- name: resting
-- engine
-- Vendors that are left for others, and until when; `waits_for_probe` while its rest is over and no probe is on its way.
select vendor, greatest(resting_until, probing_until) as until,
       resting_until <= clock() and coalesce(probing_until <= clock(), true) as waits_for_probe
from vendors where resting_until is not null

-- name: claim_probe
-- engine
-- Whoever gets this row sends the one message that goes first.
update vendors set probing_until = clock() + interval '60 seconds'
where vendor = $1 and resting_until <= clock() and coalesce(probing_until <= clock(), true)
returning vendor

-- name: pass_over
-- engine
-- Messages whose vendor rests wait until it may be asked, as long as another way to the same person is free, whose turn it
-- is then at once. A message is passed over once: when all ways rest, they are tried all the same.
with told as (
    select * from unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::text[]) as t (id, attempt, until, why)
), passed as (
    update deliveries d set state = 'queued', attempts = d.attempts - 1, leased_until = null, passed_over = true,
        due_at = t.until, error = t.why
    from told t
    where d.id = t.id and d.state = 'sending' and d.attempts = t.attempt and not d.passed_over
      and exists (
        select from deliveries o
        where o.page_id = d.page_id and o.id <> d.id and o.purpose = 'page' and not o.passed_over
          and (o.state = 'queued' and o.attempts = 0 or o.state in ('sent', 'delivered', 'seen'))
      )
    returning d.id, d.page_id, d.attempts, t.why
), hurried as (
    update deliveries set due_at = clock() where id in (
        select q.id from (select distinct page_id from passed) p cross join lateral (
            select o.id from deliveries o
            where o.page_id = p.page_id and o.state = 'queued' and o.purpose = 'page' and o.attempts = 0
              and not o.passed_over and o.due_at > clock()
            order by o.due_at limit 1 for update skip locked
        ) q
    )
), kept as (
    insert into delivery_attempts (delivery_id, attempt, outcome, detail)
    select id, attempts, 'passed_over', why from passed on conflict do nothing
)
select id from passed

-- name: next_overdue
-- engine
-- When the next receipt is missed.
select min(receipt_due_at) from deliveries where receipt_due_at is not null

-- name: take_overdue
-- engine
-- Messages whose receipt did not come in time, and whose page is still needed. The time is moved on rather than
-- cleared: when this process dies before it has acted, another one takes them again.
with due as (
    select id from deliveries where receipt_due_at <= clock() order by receipt_due_at limit $1 for update skip locked
), judged as (
    select due.id, d.state <> 'sent' or p.id is null or page_is_moot(p, a) and not exists (
               -- A page that it carries may be needed still.
               select from deliveries f join pages o on o.id = f.page_id join alerts b on b.id = o.alert_id
               where f.bundle_id = d.bundle_id and f.id <> d.id and d.carries > 0 and f.state = 'sent' and not page_is_moot(o, b)
           ) as over
    from due join deliveries d using (id) left join pages p on p.id = d.page_id left join alerts a on a.id = p.alert_id
), changed as (
    update deliveries d set receipt_due_at = case when not j.over then clock() + interval '30 seconds' end
    from judged j where j.id = d.id
    returning d.id, d.transport, d.address, d.tried, d.hopeless, d.attempts, j.over
)
select id, transport, address, tried, hopeless, attempts from changed where not over

-- name: leave_overdue
-- engine
-- The message goes to its next vendor (`again`), or no vendor is left and it stays as handed over. Only while nothing else
-- has happened to it: a receipt that came meanwhile counts.
with told as (
    select * from unnest($1::uuid[], $2::integer[], $3::boolean[], $4::text[], $5::text[]) as t (id, attempt, again, vendor, why)
), changed as (
    update deliveries d set
        state = case when t.again then 'queued' else 'sent' end,
        due_at = case when t.again then clock() else d.due_at end,
        maybe_repeated = d.maybe_repeated or t.again,
        error = case when not t.again then t.why end,
        receipt_due_at = null
    from told t
    where d.id = t.id and d.state = 'sent' and d.attempts = t.attempt and d.receipt_due_at is not null
    returning d.id, d.page_id, d.attempts, t.again, t.vendor, t.why
), kept as (
    insert into delivery_attempts (delivery_id, attempt, outcome, detail, vendor, receipt)
    select id, attempts, 'overdue', why, vendor, true from changed on conflict do nothing
)
select c.id, c.page_id, c.again, p.alert_id from changed c left join pages p on p.id = c.page_id

-- name: health
-- row: tocsin.paging.vendor_model.Health
-- Each vendor, and what came of its tries within the last so many hours. Latencies are of the newest thousand, in ms.
select v.vendor, v.failures, v.resting_until, v.probing_until, v.last_success_at, v.last_failed_at, v.last_error, w.hours,
       n.taken, n.faults, n.refused, n.arrived, n.not_arrived, n.overdue, h.p50 as hand_over_p50, h.p95 as hand_over_p95,
       r.p50 as receipt_p50, r.p95 as receipt_p95
from vendors v cross join unnest($1::integer[]) as w (hours)
cross join lateral (
    select count(*) filter (where not receipt and outcome in ('sent', 'delivered')) as taken,
           count(*) filter (where not receipt and fault) as faults,
           count(*) filter (where not receipt and not fault and outcome in ('retry', 'failed')) as refused,
           count(*) filter (where receipt and outcome = 'delivered') as arrived,
           count(*) filter (where receipt and outcome = 'failed') as not_arrived,
           count(*) filter (where receipt and outcome = 'overdue') as overdue
    from delivery_attempts a where a.vendor = v.vendor and a.vendor <> '' and a.at > clock() - make_interval(hours => w.hours)
) n
cross join lateral (
    select percentile_disc(0.5) within group (order by took_ms) as p50, percentile_disc(0.95) within group (order by took_ms) as p95
    from (
        select took_ms from delivery_attempts a
        where a.vendor = v.vendor and a.vendor <> '' and a.at > clock() - make_interval(hours => w.hours)
          and not a.receipt and a.outcome in ('sent', 'delivered')
        order by a.at desc limit 1000
    ) newest
) h
cross join lateral (
    select percentile_disc(0.5) within group (order by took_ms) as p50, percentile_disc(0.95) within group (order by took_ms) as p95
    from (
        select took_ms from delivery_attempts a
        where a.vendor = v.vendor and a.vendor <> '' and a.at > clock() - make_interval(hours => w.hours)
          and a.receipt and a.outcome = 'delivered'
        order by a.at desc limit 1000
    ) newest
) r
order by v.vendor, w.hours

-- name: standing
-- How every vendor stands, without counting: for machines that ask often.
select vendor, failures, resting_until is not null as resting from vendors order by vendor

-- name: let_one_through
-- The rest ends now as far as the next message is concerned: that one is the probe.
update vendors set resting_until = least(resting_until, clock()), probing_until = null where vendor = $1 returning vendor
