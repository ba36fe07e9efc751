-- name: pass_on
-- engine
-- After alerts were closed or have gone quiet: of the groups that they lead, the next alert leads, and paging for it is due.
select pass_on_groups(array(select g.id from alert_groups g where g.leader_id = any ($1::uuid[])))

-- name: mend
-- engine
-- The reconciler: groups in which alerts wait under one that leads no more. It closed at the very moment at which they joined, or
-- was silenced, or could not be paged for.
select pass_on_groups(array(
    select distinct g.id from silenced_alerts x join alert_groups g on g.id = x.group_id left join alerts l on l.id = g.leader_id
    where x.over_at is null and x.until is null and (l.id is null or leads_no_more(l))
))

-- name: mend_waiting
-- engine
-- The reconciler: who waits in a group waits under its leader; a leader waits for nobody.
update silenced_alerts x
set under_id = case when x.alert_id = g.leader_id then x.under_id else g.leader_id end,
    until = case when x.alert_id = g.leader_id then clock() end
from alert_groups g
where g.id = x.group_id and x.over_at is null and x.until is null
  and (x.under_id is distinct from g.leader_id or x.alert_id = g.leader_id)

-- name: group_of
-- row: tocsin.paging.grouped.Group
-- The group that an alert is in.
select g.id, g.rule_id, coalesce(r.name, '') as rule_name, coalesce(r.fields, '{}') as fields, g.key, g.first_number,
       l.number as leader_number, l.acknowledged_by as leader_has, g.started_at, g.sealed_at
from alert_group_members m join alert_groups g on g.id = m.group_id
left join grouping_rules r on r.id = g.rule_id left join alerts l on l.id = g.leader_id
where m.alert_id = $1

-- name: members
-- row: tocsin.paging.grouped.Member
-- Its alerts, the open ones first; the first thousand are all that a group can have.
select a.id, a.number, a.message, a.priority, coalesce(s.name, '') as service, m.joined_at, a.acknowledged_at, a.acknowledged_by,
       a.closed_at, a.snoozed_until, x.id is not null as quiet
from alert_group_members m join alerts a on a.id = m.alert_id left join services s on s.id = a.service_id
left join silenced_alerts x on x.alert_id = a.id and x.over_at is null and x.group_id is not null
where m.group_id = $1 order by a.closed_at is not null, a.number

-- name: lines
-- row: tocsin.paging.grouped.Line
-- For lists, of these alerts: whether they page nobody for now, under which leader, and how many others of their group are open
-- if they lead it.
select a.id as alert_id, x.id is not null as quiet, case when x.group_id is not null then u.number end as under_number,
       coalesce(u.acknowledged_at is not null and x.group_id is not null, false) as covered, coalesce(o.others, 0) as others
from alerts a
left join silenced_alerts x on x.alert_id = a.id and x.over_at is null
left join alerts u on u.id = x.under_id
left join alert_groups g on g.leader_id = a.id
left join lateral (
    select count(*) as others from alert_group_members m join alerts b on b.id = m.alert_id
    where m.group_id = g.id and b.id <> a.id and b.closed_at is null
) o on true
where a.id = any ($1::uuid[]) and (x.id is not null or g.id is not null)
