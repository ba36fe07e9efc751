-- name: definitions
-- row: tocsin.incidents.role_model.RoleDefinition
-- The roles that can be taken, in their order, with who may; and of those that were put away what is held or offered in incident $1.
select d.name, d.title, d.instructions, d.who, d.shipped,
       coalesce(array_agg(t.id order by t.name) filter (where t.id is not null), '{}')::uuid[] as team_ids,
       coalesce(array_agg(t.name order by t.name) filter (where t.id is not null), '{}')::text[] as teams,
       coalesce(array_agg(u.id order by u.name) filter (where u.id is not null), '{}')::uuid[] as user_ids,
       coalesce(array_agg(u.name order by u.name) filter (where u.id is not null), '{}')::text[] as people,
       d.archived_at is not null as put_away
from role_definitions d
left join role_eligible e on e.role = d.name
left join teams t on t.id = e.team_id
left join users u on u.id = e.user_id
where d.archived_at is null
   or exists (select from incident_roles r where r.incident_id = $1 and r.role = d.name)
   or exists (select from role_offers o where o.incident_id = $1 and o.role = d.name and o.next_at is not null)
group by d.name order by d.position, d.title

-- name: define
-- A role of the organisation's own, after the others. One that was put away comes back. Answers nothing when the name is taken.
insert into role_definitions (name, title, instructions, who, position)
values ($1, $2, $3, $4, (select coalesce(max(position), 0) + 1 from role_definitions))
on conflict (name) do update set title = excluded.title, instructions = excluded.instructions, who = excluded.who,
    archived_at = null, position = excluded.position
where role_definitions.archived_at is not null
returning name

-- name: redefine
-- What a role is called, what its holder does, and who may take it.
update role_definitions set title = $2, instructions = $3, who = $4 where name = $1 and archived_at is null
returning name

-- name: title_taken
-- Whether another role is called so.
select exists (select from role_definitions where lower(title) = lower($2) and name <> $1 and archived_at is null)

-- name: forget_eligible
-- Nobody is named for a role.
delete from role_eligible where role = $1

-- name: name_eligible
-- Who may take a role: teams and people that exist.
insert into role_eligible (role, team_id, user_id)
select $1, t.id, null from teams t where t.id = any ($2::uuid[])
union all select $1, null, u.id from users u where u.id = any ($3::uuid[]) and u.disabled_at is null

-- name: put_away
-- A role of the organisation's own that nobody takes any more. The shipped ones stay.
update role_definitions set archived_at = clock() where name = $1 and not shipped and archived_at is null returning name

-- name: may_take
-- Whether a person may take a role without a reason.
select may_take_role($1, $2)

-- name: insert_offer
-- A role is offered. Answers nothing when it is offered to somebody already.
insert into role_offers (id, incident_id, role, to_user_id, from_user_id, by_user_id, brief, effective_at, next_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (incident_id, role) where next_at is not null do nothing returning id

-- name: offers_waiting
-- row: tocsin.incidents.role_model.RoleOffer
-- engine
-- What is offered in an incident.
select o.id, o.incident_id, i.key, o.role, d.title, o.to_user_id, t.name as to_name, t.time_zone as to_zone,
       o.from_user_id, f.name as from_name, o.by_user_id, b.name as by_name, o.brief, o.effective_at, o.state,
       o.created_at, o.next_at
from role_offers o join incidents i on i.id = o.incident_id join role_definitions d on d.name = o.role
join users t on t.id = o.to_user_id
left join users f on f.id = o.from_user_id left join users b on b.id = o.by_user_id
where o.incident_id = $1 and o.next_at is not null and i.resolved_at is null
order by d.position

-- name: offers_to
-- row: tocsin.incidents.role_model.RoleOffer
-- engine
-- What waits for somebody's answer, in incidents that they may see.
select o.id, o.incident_id, i.key, o.role, d.title, o.to_user_id, t.name as to_name, t.time_zone as to_zone,
       o.from_user_id, f.name as from_name, o.by_user_id, b.name as by_name, o.brief, o.effective_at, o.state,
       o.created_at, o.next_at
from role_offers o join incidents i on i.id = o.incident_id join role_definitions d on d.name = o.role
join users t on t.id = o.to_user_id
left join users f on f.id = o.from_user_id left join users b on b.id = o.by_user_id
where o.to_user_id = $1 and o.next_at is not null and o.state = 'open' and i.resolved_at is null
  and may_see_incident(i, $1)
order by o.effective_at nulls first, o.created_at

-- name: offer
-- row: tocsin.incidents.role_model.RoleOffer
-- engine
-- One offer, whatever became of it.
select o.id, o.incident_id, i.key, o.role, d.title, o.to_user_id, t.name as to_name, t.time_zone as to_zone,
       o.from_user_id, f.name as from_name, o.by_user_id, b.name as by_name, o.brief, o.effective_at, o.state,
       o.created_at, o.next_at
from role_offers o join incidents i on i.id = o.incident_id join role_definitions d on d.name = o.role
join users t on t.id = o.to_user_id
left join users f on f.id = o.from_user_id left join users b on b.id = o.by_user_id
where o.id = $1

-- name: answer_offer
-- What became of an offer that waited; with a time it still waits for that.
update role_offers set state = $2, why = $3, next_at = $4, answered_at = clock() where id = $1

-- name: look_again
-- An offer was asked for once more.
update role_offers set asked = asked + 1, next_at = $2 where id = $1

-- name: drop_offers
-- The role went another way: what was offered of it is over.
update role_offers set state = 'withdrawn', next_at = null, answered_at = clock()
where incident_id = $1 and role = $2 and next_at is not null

-- name: next_offer
-- engine
-- When an offer has to be looked at next.
select min(next_at) from role_offers where next_at is not null

-- name: due_offers
-- engine
-- Offers that have to be looked at now.
select id, incident_id from role_offers where next_at <= clock() order by next_at limit 50

-- name: can_still
-- engine
-- Whether the person of an offer can take the role at all: there, and let into the incident.
select exists (
    select from role_offers o join incidents i on i.id = o.incident_id
    join users u on u.id = o.to_user_id and u.disabled_at is null
    where o.id = $1 and may_see_incident(i, o.to_user_id))

-- name: is_here
-- Whether somebody had the room open of late.
select exists (select from incident_visits where incident_id = $1 and user_id = $2 and seen_at > clock() - $3::interval)

-- name: brief_facts
-- engine
-- What a brief for the next one is made of.
select i.key, i.summary, i.severity, i.status, i.impact, i.update_due_at, u.state as said, u.next_steps, u.unknowns,
       (select array_agg(d.title || ': ' || p.name order by d.position) from incident_roles r
        join role_definitions d on d.name = r.role join users p on p.id = r.user_id where r.incident_id = i.id) as roles,
       (select array_agg(t.kind || ' by ' || coalesce(nullif(t.owner, ''), 'nobody') || ': ' || t.text order by t.kind, t.seq)
        from incident_items t
        where t.incident_id = i.id and t.kind in ('claim', 'task') and t.state = 'open') as running
from incidents i
left join lateral (
    select n.state, n.next_steps, n.unknowns from incident_updates n where n.incident_id = i.id
    order by n.created_at desc limit 1
) u on true
where i.id = $1

-- name: takeable
-- The roles that somebody may take without a reason.
select name from role_definitions where archived_at is null and may_take_role(name, $1)
