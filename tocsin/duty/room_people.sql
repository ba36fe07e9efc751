-- name: people
-- row: tocsin.duty.room_people.Person
-- Everybody in a room: with a role, on it, invited, watching, or with the room open.
with inside as (
    select distinct on (user_id) user_id, part, since, invited_by
    from (
        select user_id, part, joined_at as since, null as invited_by, 1 as rank
        from incident_responders where incident_id = $1 and left_at is null
        union all select user_id, 'on_it', since, null, 2 from incident_roles where incident_id = $1
        union all select n.user_id, 'invited', n.invited_at, n.invited_by, 3 from incident_invitations n
        where n.incident_id = $1 and not exists (
            select from incident_responders r where r.incident_id = $1 and r.user_id = n.user_id and r.left_at > n.invited_at)
        union all select user_id, 'looking', seen_at, null, 4
        from presence where incident_id = $1 and seen_at > clock() - interval '1 minute'
    ) every
    order by user_id, rank
), held as (
    select r.user_id, min(d.position) as first, array_agg(d.title order by d.position) as titles
    from incident_roles r join role_definitions d on d.name = r.role where r.incident_id = $1 group by r.user_id
), said as (
    select e.actor_id, max(e.recorded_at) as at
    from entries e
    where e.stream = $1 and e.seq > (select head - 500 from incidents where id = $1) and e.actor_id is not null
    group by e.actor_id
), paged as (
    select p.user_id, count(*)::integer as pages
    from pages p where p.user_id in (select user_id from inside) and p.created_at > clock() - interval '7 days'
    group by p.user_id
), duty as (
    select o.user_id, min(o.starts_at) as since from on_call_now o
    where o.user_id in (select user_id from inside) group by o.user_id
)
select u.id as user_id, u.name, u.time_zone, u.work_starts, u.work_ends, u.work_days, i.part, i.since, i.invited_by,
       coalesce(h.titles, '{}') as roles, d.since as on_call_since, coalesce(g.pages, 0) as pages_week,
       coalesce(p.seen_at > clock() - interval '1 minute', false) as here, greatest(v.seen_at, s.at) as last_at
from inside i join users u on u.id = i.user_id and u.disabled_at is null
left join held h on h.user_id = i.user_id
left join said s on s.actor_id = i.user_id
left join paged g on g.user_id = i.user_id
left join duty d on d.user_id = i.user_id
left join presence p on p.incident_id = $1 and p.user_id = i.user_id
left join incident_visits v on v.incident_id = $1 and v.user_id = i.user_id
order by h.first, array_position(array['on_it', 'invited', 'watching', 'looking'], i.part), lower(u.name)

-- name: paged
-- engine
-- How often people were paged in this night.
select user_id, count(*)::integer as paged from pages
where user_id = any ($1::uuid[]) and created_at > clock() - interval '9 hours' group by user_id

-- name: could_relieve
-- Who could take a role over: active, with what speaks for and against each.
select u.id, u.name, u.time_zone, u.work_starts, u.work_ends, u.work_days,
       (select count(*)::integer from pages p where p.user_id = u.id and p.created_at > clock() - interval '9 hours') as paged,
       exists (select from on_call_now o where o.user_id = u.id) as on_call,
       exists (select from presence p where p.incident_id = $1 and p.user_id = u.id
               and p.seen_at > clock() - interval '1 minute') as here,
       may_take_role($2, u.id) as named
from users u join incidents i on i.id = $1
where u.disabled_at is null and u.role <> 'viewer' and u.id <> $3 and may_see_incident(i, u.id)
order by lower(u.name) limit 500
