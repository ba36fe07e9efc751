-- name: id_of
-- engine
-- The incident of a key, if the viewer may see it.
select id from incidents where key = $1 and may_see_incident(incidents, $2)

-- name: bind
-- Two incidents have to do with each other in one way: what was said from the other end before is replaced. Answers nothing when
-- it is known already, from either end.
with turned as (
    delete from incident_links where incident_id = $2 and other_id = $1 and ($3 <> 'related' or relation <> 'related')
)
insert into incident_links (incident_id, other_id, relation)
select $1, $2, $3 where not exists (
    select from incident_links where incident_id = $2 and other_id = $1 and $3 = 'related' and relation = 'related'
)
on conflict (incident_id, other_id) do update set relation = excluded.relation
where incident_links.relation <> excluded.relation
returning true

-- name: unbind
-- They have nothing to do with each other.
delete from incident_links where (incident_id = $1 and other_id = $2) or (incident_id = $2 and other_id = $1)

-- name: bonds
-- row: tocsin.incidents.bonds.Bond
-- What an incident has to do with others that the viewer may see, from both ends.
select i.key, i.summary, i.status, i.severity, i.head, l.relation, l.incident_id <> $1 as backwards
from incident_links l join incidents i on i.id = case when l.incident_id = $1 then l.other_id else l.incident_id end
where (l.incident_id = $1 or l.other_id = $1) and may_see_incident(i, $2)
order by i.declared_at limit 50

-- name: merged
-- row: tocsin.incidents.bonds.Bond
-- What was merged into an incident.
select i.key, i.summary, i.status, i.severity, i.head, 'merged'::text as relation, true as backwards
from incidents i where i.merged_into = $1 and may_see_incident(i, $2) order by i.declared_at limit 50

-- name: hand_over_alerts
-- engine
-- The alerts of one incident belong to another one as well.
insert into incident_alerts (incident_id, alert_id)
select $2, alert_id from incident_alerts where incident_id = $1 on conflict do nothing

-- name: hand_over_people
-- Who takes part in one incident takes part in another one as well, if they may see it.
insert into incident_responders (incident_id, user_id, part)
select i.id, r.user_id, r.part from incident_responders r join incidents i on i.id = $2
where r.incident_id = $1 and r.left_at is null and may_see_incident(i, r.user_id)
on conflict (incident_id, user_id) do update set part = excluded.part, left_at = null, released_by = null, joined_at = clock()
where incident_responders.left_at is not null

-- name: took_in
-- row: tocsin.incidents.bonds.Origin
-- engine
-- What was merged into an incident, directly or by another one that was, if the viewer may see it; the oldest first.
with recursive merged as (
    select i.id, i.key, i.summary, i.declared_at from incidents i where i.merged_into = $1 and may_see_incident(i, $2)
    union
    select i.id, i.key, i.summary, i.declared_at from incidents i join merged m on i.merged_into = m.id where may_see_incident(i, $2)
)
select id, key, summary from merged order by declared_at limit 50
