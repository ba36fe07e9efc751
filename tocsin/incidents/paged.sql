-- name: keep_page
-- A page was sent from here: its alert belongs to the incident, and whoever answers takes part.
with linked as (
    insert into incident_alerts (incident_id, alert_id) values ($1, $2) on conflict do nothing
)
insert into incident_pages (incident_id, alert_id) values ($1, $2)

-- name: answered_pages
-- engine
-- Who acknowledged alerts that were sent from an incident that is still open. Into a private one only those are let who were paged
-- for it: everybody may acknowledge an alert.
select i.incident_id, a.number, u.id as user_id, u.name, n.private
from unnest($1::uuid[], $2::integer[]) as t (stream, seq)
join incident_pages i on i.alert_id = t.stream
join entries e on e.stream = t.stream and e.seq = t.seq and e.kind = 'alert_acknowledged'
join users u on u.id = e.actor_id and u.disabled_at is null
join alerts a on a.id = t.stream
join incidents n on n.id = i.incident_id and n.resolved_at is null
left join lateral (select true as paged from pages p where p.alert_id = a.id and p.user_id = u.id limit 1) p on true
where not n.private or p.paged

-- name: just_declared
-- An incident that was just declared, if the actor may see it.
select i.id, i.severity from incidents i where i.key = $1 and may_see_incident(i, $2)

-- name: team_behind
-- The team of what can be paged and is neither a person nor a team.
select t.id, t.name from teams t where t.id = case $1::text
    when 'schedule' then (select team_id from schedules where id = $2)
    when 'service' then (select team_id from services where id = $2)
    when 'policy' then (select team_id from escalation_policies where id = $2) end
