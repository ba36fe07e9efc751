-- name: part_of
-- How somebody takes part; nothing when they do not.
select part from incident_responders where incident_id = $1 and user_id = $2 and left_at is null

-- name: take_part
-- Somebody takes part (again), in a way of their choice.
insert into incident_responders (incident_id, user_id, part) values ($1, $2, $3)
on conflict (incident_id, user_id) do update set part = excluded.part, released_by = null, left_at = null,
    joined_at = case when incident_responders.left_at is null then incident_responders.joined_at else clock() end

-- name: invite
-- Somebody is asked to come. Answers nothing when they were, and it was not long ago.
insert into incident_invitations (incident_id, user_id, invited_by, why) values ($1, $2, $3, $4)
on conflict (incident_id, user_id) do update set invited_by = excluded.invited_by, why = excluded.why, invited_at = clock()
where incident_invitations.invited_at < clock() - interval '2 minutes'
   or exists (select from incident_responders r where r.incident_id = $1 and r.user_id = $2 and r.left_at is not null)
returning true

-- name: uninvite
-- Nobody waits for them any more.
delete from incident_invitations where incident_id = $1 and user_id = $2

-- name: release
-- Somebody is sent off.
update incident_responders set left_at = clock(), released_by = $3
where incident_id = $1 and user_id = $2 and left_at is null

-- name: release_watchers
-- Everybody who only watches is sent off, unless they hold a role. Answers who they were.
with gone as (
    update incident_responders r set left_at = clock(), released_by = $2
    where incident_id = $1 and part = 'watching' and left_at is null
      and not exists (select from incident_roles h where h.incident_id = $1 and h.user_id = r.user_id)
    returning user_id
)
select u.name from gone join users u on u.id = gone.user_id order by u.name

-- name: is_manager
-- Whether somebody manages this incident, or nobody does.
select not exists (select from incident_roles where incident_id = $1 and role = 'incident_manager' and user_id <> $2)

-- name: held_by
-- The roles that somebody holds.
select d.title from incident_roles r join role_definitions d on d.name = r.role
where r.incident_id = $1 and r.user_id = $2 order by d.position
