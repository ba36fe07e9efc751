-- name: remove_member
-- Somebody may not see it any more by name.
delete from incident_members where incident_id = $1 and user_id = $2

-- name: let_team_in
-- The members of a team may see a private incident.
insert into incident_teams (incident_id, team_id) values ($1, $2) on conflict do nothing returning true

-- name: remove_team
-- The members of a team may not see it any more.
delete from incident_teams where incident_id = $1 and team_id = $2

-- name: forget_all
-- Everybody sees it: nobody has to be named.
with people as (delete from incident_members where incident_id = $1)
delete from incident_teams where incident_id = $1

-- name: let_those_in
-- Who takes part in it, and somebody else.
insert into incident_members (incident_id, user_id)
select $1, user_id from incident_responders where incident_id = $1 and left_at is null
union select $1, $2::uuid where $2 is not null
on conflict do nothing

-- name: absent
-- Whoever may not see it is not in the room, and takes no part.
with gone as (
    delete from presence p using incidents i where i.id = $1 and p.incident_id = i.id and not may_see_incident(i, p.user_id)
)
update incident_responders r set left_at = clock() from incidents i
where i.id = $1 and r.incident_id = i.id and r.left_at is null and not may_see_incident(i, r.user_id)

-- name: seen_by
-- engine
-- How many people who can sign in see it by name, by role or by team.
select count(*) from users u join incidents i on i.id = $1 where u.disabled_at is null and may_see_incident(i, u.id)

-- name: members
-- row: Choice
-- Who may see a private incident by name.
select u.id, u.name, u.time_zone, false as on_call
from incident_members m join users u on u.id = m.user_id where m.incident_id = $1 order by u.name

-- name: person
-- What somebody is called, also when the account is disabled.
select name from users where id = $1

-- name: teams
-- row: tocsin.incidents.privacy.NamedTeam
-- Which teams may see a private incident.
select t.id, t.name, (select count(*) from team_members m where m.team_id = t.id)::integer as people
from incident_teams n join teams t on t.id = n.team_id where n.incident_id = $1 order by t.name

-- name: team
-- A team by its id.
select name from teams where id = $1
