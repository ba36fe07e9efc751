-- name: quieten
-- What runs for open alerts that a silence matches ends, and what it had queued is dropped; paging begins again at its end.
with hushed as materialized (
    select m.alert_id, m.until
    from silences_matching(array(select alert_id from escalations where ended_at is null)) m where m.silence_id = $1
), ended as (
    update escalations e set ended_at = clock(), next_at = null, end_reason = 'silenced', error = silence_words($1, h.until)
    from hushed h where e.alert_id = h.alert_id and e.ended_at is null
    returning e.id, e.alert_id, h.until
), dropped as (
    update deliveries d set state = 'cancelled'
    where d.id in (
        select q.id from ended join pages p on p.escalation_id = ended.id join deliveries q on q.page_id = p.id
        where q.state = 'queued' and q.purpose = 'page' for update of q skip locked
    )
), kept as (
    insert into silenced_alerts (alert_id, silence_id, until) select alert_id, $1, until from ended
    on conflict (alert_id) where over_at is null
    do update set silence_id = excluded.silence_id, under_id = null, group_id = null, until = excluded.until, at = clock()
)
select alert_id from ended

-- name: let_go
-- engine
-- After alerts were acknowledged or closed: nobody need be paged for them later. What was quiet under those that closed waits
-- so many seconds ($2) for its own recovery.
with over as (
    update silenced_alerts x set over_at = clock() from alerts a
    where x.alert_id = any ($1::uuid[]) and x.over_at is null and a.id = x.alert_id
      and coalesce(a.closed_at, a.acknowledged_at) is not null
)
update silenced_alerts x set until = clock() + make_interval(secs => $2) from alerts a
where x.under_id = any ($1::uuid[]) and x.over_at is null and x.until is null and x.group_id is null and a.id = x.under_id
  and a.closed_at is not null

-- name: next_over
-- engine
-- When an alert that pages nobody is to page again.
select min(until) from silenced_alerts where over_at is null

-- name: take_over
-- engine
-- Alerts whose quiet time is over, each taken by one process; what runs for them already goes on.
update silenced_alerts x set over_at = clock()
from (
    select id from silenced_alerts where over_at is null and until <= clock() order by until limit $1
    for update skip locked
) due
where x.id = due.id
returning x.alert_id, exists (select from escalations e where e.alert_id = x.alert_id and e.ended_at is null) as running

-- name: mend_over
-- engine
-- The reconciler: rows that wait for something that is over. A silence or an alert above it ended at the very moment at which
-- this one opened, or nobody looks after the alert above it any more. $1: seconds of grace after the alert above closed.
update silenced_alerts x set until = v.until
from (
    select n.id, case when a.closed_at is not null then greatest(a.closed_at + make_interval(secs => $1), clock())
                      else clock() end as until
    from silenced_alerts n left join alerts a on a.id = n.under_id
    where n.over_at is null and n.group_id is null and case
        when n.silence_id is null then n.until is null and (a.id is null or a.closed_at is not null or not has_attention(a))
        else n.until > clock() and not exists (
            select from silence_windows w join silences s on s.id = w.silence_id
            where w.silence_id = n.silence_id and s.ended_at is null and w.starts_at <= clock() and w.ends_at > clock()) end
) v
where x.id = v.id

-- name: forgotten_silenced
-- engine
-- The reconciler: urgent alerts that were quiet, and any in a group, that nothing runs for, and that no row would wake.
select a.id from alerts a
cross join lateral (
    select e.end_reason from escalations e where e.alert_id = a.id order by e.started_at desc, e.ended_at is null desc limit 1
) latest
where a.closed_at is null and a.acknowledged_at is null and (a.urgency = 'high' or latest.end_reason = 'grouped')
  and a.created_at between clock() - interval '31 days' and clock() - interval '60 seconds'
  and latest.end_reason in ('silenced', 'suppressed', 'grouped')
  and not exists (select from silenced_alerts x where x.alert_id = a.id and x.over_at is null)
limit 500

-- name: quiet_of
-- row: tocsin.paging.silenced.Quiet
-- Why an alert pages nobody for now.
select x.at, x.until, x.silence_id, coalesce(s.kind, '') as kind, coalesce(s.reason, '') as reason,
       coalesce(u.name, '') as owner, a.number as under_number, coalesce(a.message, '') as under_message, x.group_id
from silenced_alerts x
left join silences s on s.id = x.silence_id
left join users u on u.id = s.owner_id
left join alerts a on a.id = x.under_id
where x.alert_id = $1 and x.over_at is null

-- name: beneath
-- row: tocsin.paging.silenced.Beneath
-- Alerts that are quiet under this one; null: under any.
select a.number, a.message, a.priority, x.at, coalesce(s.name, '') as service, u.number as under_number
from silenced_alerts x join alerts a on a.id = x.alert_id left join services s on s.id = a.service_id
left join alerts u on u.id = x.under_id
where x.over_at is null and x.silence_id is null and x.group_id is null and ($1::uuid is null or x.under_id = $1)
order by a.priority, a.number limit 100

-- name: silenced_by
-- row: tocsin.paging.silenced.Suppressed
-- What a silence has kept quiet, newest first: each alert once.
select * from (
    select distinct on (a.id) a.number, a.message, a.priority, coalesce(s.name, '') as service, x.at, x.over_at,
           a.acknowledged_at, a.closed_at
    from silenced_alerts x join alerts a on a.id = x.alert_id left join services s on s.id = a.service_id
    where x.silence_id = $1 order by a.id, x.at desc
) each order by at desc limit $2

-- name: quiet_already
-- row: tocsin.paging.silenced.Already
-- Open alerts that a silence matches, and that something else keeps quiet: another silence, or an alert above them.
select a.number, a.message, a.priority, coalesce(o.reason, '') as reason, x.silence_id, u.number as under_number
from silences_matching(array(select alert_id from silenced_alerts where over_at is null)) m
join silenced_alerts x on x.alert_id = m.alert_id and x.over_at is null and x.silence_id is distinct from $1
join alerts a on a.id = m.alert_id and a.closed_at is null
left join silences o on o.id = x.silence_id
left join alerts u on u.id = x.under_id
where m.silence_id = $1 order by a.priority, a.number limit $2

-- name: counts
-- How many alerts each of these silences has kept quiet, and keeps quiet now.
select silence_id, count(distinct alert_id) as alerts, count(*) filter (where over_at is null) as now
from silenced_alerts where silence_id = any ($1::uuid[]) group by silence_id

-- name: quiet_now
-- How many open alerts page nobody for now, by a silence, under other alerts, and in groups.
select count(*) filter (where silence_id is not null) as silenced, count(*) filter (where silence_id is null and group_id is null) as suppressed,
       count(*) filter (where group_id is not null) as grouped
from silenced_alerts where over_at is null
