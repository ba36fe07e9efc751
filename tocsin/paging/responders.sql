-- name: meant
-- Who is meant: a person ($1), everybody in a team ($2), or whoever holds a schedule now ($3). Active people only.
select distinct on (u.id) u.id as user_id, u.name, m.via
from (
    select $1::uuid as user_id, '' as via
    union all
    select t.user_id, 'in team ' || x.name from team_members t join teams x on x.id = t.team_id where t.team_id = $2
    union all
    select o.user_id, 'on call for ' || s.name from on_call_now o join schedules s on s.id = o.schedule_id
    where o.schedule_id = $3
) m join users u on u.id = m.user_id and u.disabled_at is null
order by u.id

-- name: raise_head
-- The record of an open alert gets an entry.
update alerts set head = head + 1 where id = $1 and closed_at is null returning head

-- name: add
-- Those who were not there yet.
insert into alert_responders (alert_id, user_id, via, added_by)
select $1, t.user_id, t.via, $4 from unnest($2::uuid[], $3::text[]) as t (user_id, via)
on conflict do nothing returning user_id

-- name: responders_of
-- row: tocsin.paging.responders.Responder
-- Who was added to an alert, in order.
select r.user_id, u.name, r.via, r.added_by, r.added_at from alert_responders r join users u on u.id = r.user_id
where r.alert_id = $1 order by r.added_at, u.name
