-- name: noise
-- row: tocsin.paging.noise.Noise
-- Per service and source the alerts of the last $1 days: what they paged, whom they woke (22:00 to 06:00 on the clock of whoever was
-- paged), and what came of it. Those that paged most come first, $2 rows at most.
with recent as materialized (
    select a.id, a.service_id, a.source, a.tags, m.group_id, g.first_number is distinct from a.number and m.group_id is not null as quiet,
           a.acknowledged_at is null and a.closed_at <= a.created_at + interval '5 minutes' as short_lived,
           a.created_at - lag(a.created_at) over earlier <= interval '10 minutes'
               and coalesce(lag(a.closed_at) over earlier, a.created_at + interval '1 second') > a.created_at as close
    from alerts a left join alert_group_members m on m.alert_id = a.id left join alert_groups g on g.id = m.group_id
    where a.created_at > clock() - make_interval(days => $1)
    window earlier as (partition by a.service_id, a.source order by a.number)
), paged as (
    select r.id, count(*) as pages,
           count(*) filter (where extract(hour from p.created_at at time zone u.time_zone) not between 6 and 21) as nights
    from recent r join pages p on p.alert_id = r.id join users u on u.id = p.user_id group by r.id
), rated as (
    select r.id, count(*) filter (where x.useful) as useful, count(*) filter (where not x.useful) as noise
    from recent r join alert_ratings x on x.alert_id = r.id group by r.id
), prefixes as (
    select r.service_id, r.source, split_part(tag, ':', 1) || ':' as prefix, count(distinct r.id) as alerts, count(distinct tag) as kinds
    from recent r cross join unnest(r.tags) as tag where strpos(tag, ':') between 2 and 40 group by 1, 2, 3
), best as (
    select distinct on (service_id, source) * from prefixes order by service_id, source, alerts desc, kinds, prefix
), counted as (
    select r.service_id, r.source, count(*) as alerts, coalesce(sum(p.pages), 0)::bigint as pages,
           coalesce(sum(p.nights), 0)::bigint as nights, count(*) filter (where r.short_lived) as short_lived,
           coalesce(sum(t.noise), 0)::bigint as noise, coalesce(sum(t.useful), 0)::bigint as useful,
           count(*) filter (where r.quiet) as grouped, count(distinct r.group_id) as groups,
           count(*) filter (where r.close and not r.quiet) as close
    from recent r left join paged p on p.id = r.id left join rated t on t.id = r.id
    group by r.service_id, r.source
)
select c.service_id, coalesce(s.name, '') as service, c.source, c.alerts, c.pages, c.nights, c.short_lived, c.noise, c.useful,
       c.grouped, c.groups, c.close, coalesce(b.prefix, '') as prefix, coalesce(b.alerts, 0) as prefixed,
       coalesce(b.kinds, 0) as kinds
from counted c left join services s on s.id = c.service_id
left join best b on b.service_id is not distinct from c.service_id and b.source = c.source
order by c.pages desc, c.alerts desc, lower(s.name), c.source limit $2
