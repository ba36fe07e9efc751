-- name: add
-- A new rule; without a position it is the last one.
insert into grouping_rules (id, name, position, service_id, team_id, fields, window_s, most, created_by)
values ($1, $2, coalesce($3, (select least(coalesce(max(position), 0) + 1, 10000) from grouping_rules where archived_at is null)),
        $4, $5, $6::text[], $7, $8, $9)

-- name: change
-- All that people give.
update grouping_rules set name = $2, position = coalesce($3, position), service_id = $4, team_id = $5, fields = $6::text[],
    window_s = $7, most = $8
where id = $1 and archived_at is null

-- name: forget_matchers
-- What it was about gives way.
delete from grouping_matchers where rule_id = $1

-- name: add_matchers
-- Its conditions, in order.
insert into grouping_matchers (rule_id, position, field, operator, value)
select $1, n, field, operator, value
from unnest($2::text[], $3::text[], $4::text[]) with ordinality as t (field, operator, value, n)

-- name: seal
-- Its groups take no more members: what they have in common may be something else now.
update alert_groups set sealed_at = clock() where rule_id = $1 and sealed_at is null

-- name: archive
-- Out of use, once; its groups stay what they are.
update grouping_rules set archived_at = clock() where id = $1 and archived_at is null

-- name: lock
-- For who changes it.
select id from grouping_rules where id = $1 for update

-- name: in_use
-- How many there are.
select count(*) from grouping_rules where archived_at is null

-- name: team_of_service
-- Whose a service is: no row when there is none in use.
select team_id from services where id = $1 and archived_at is null

-- name: team_exists
-- Whether there is such a team.
select exists (select from teams where id = $1)

-- name: is_team_admin
-- Whether somebody may decide for a team.
select exists (select from team_members where team_id = $1 and user_id = $2 and role = 'admin')

-- name: teams_of_admin
-- For which teams somebody decides.
select team_id from team_members where user_id = $1 and role = 'admin'

-- name: rules
-- row: tocsin.alerts.grouping_model.GroupingRule
-- $1: one by its id, also one that is out of use; null: all in use, in the order in which they are asked.
select r.id, r.name, r.position, r.service_id, coalesce(s.name, '') as service_name, r.team_id, coalesce(t.name, '') as team_name,
       r.fields, r.window_s, r.most, r.created_at, r.created_by, r.archived_at, m.rules, g.groups, g.alerts
from grouping_rules r
left join services s on s.id = r.service_id
left join teams t on t.id = r.team_id
cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object('field', x.field, 'operator', x.operator, 'value', x.value)
                              order by x.position), '[]') as rules
    from grouping_matchers x where x.rule_id = r.id
) m
cross join lateral (
    select count(*) as groups, coalesce(sum(members), 0) as alerts from alert_groups x
    where x.rule_id = r.id and x.started_at > clock() - interval '28 days'
) g
where case when $1::uuid is null then r.archived_at is null else r.id = $1 end
order by r.position, r.created_at, r.id

-- name: looked_at
-- How many alerts a preview looks at. $1: at most so many.
select count(*) from (select from alerts where created_at > clock() - interval '7 days' limit $1) x

-- name: seen
-- row: tocsin.alerts.grouping_model.Seen
-- Of the newest alerts of the last seven days, those that a rule would apply to, in the order in which they opened. $1: matchers as
-- JSON; $2, $3: of a service, of a team's services; $4: fields; $5: of at most so many.
with rule as materialized (
    select * from jsonb_to_recordset($1::jsonb) as r (field text, operator text, value text)
), newest as (
    select a.id from alerts a where a.created_at > clock() - interval '7 days' order by a.created_at desc limit $5
), keyed as (
    select a.number, a.created_at, a.closed_at, a.priority, a.urgency, alert_key($4::text[], a, i.name) as key
    from newest join alerts a using (id) left join integrations i on i.id = a.integration_id
    left join services s on s.id = a.service_id
    where ($2::uuid is null or a.service_id = $2) and ($3::uuid is null or s.team_id = $3)
      and not exists (select from rule m where not matcher_holds(m.field, m.operator, m.value, a, i.name))
)
select md5(array_to_string(key, E'\x1f')) as key, created_at as at, closed_at, priority, urgency from keyed
where '' <> all (key) order by number

-- name: open_of_group
-- The open alerts of the group that an alert is in, in the order in which they are locked.
select a.id, a.acknowledged_at is not null as acknowledged from alerts a
where a.closed_at is null and (a.id = $1 or a.id in (
    select m.alert_id from alert_group_members m
    where m.group_id = (select x.group_id from alert_group_members x where x.alert_id = $1)))
order by a.id for update
