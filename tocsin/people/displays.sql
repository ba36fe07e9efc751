-- name: displays
-- row: tocsin.people.displays.Display
-- Every display, those in use first.
select id, name, created_by, created_at, seen_at, revoked_at from wall_displays
order by revoked_at is not null, lower(name), created_at limit 200

-- name: add
-- A new one; only the hash of its token is kept.
insert into wall_displays (id, name, token_hash, created_by) values ($1, $2, $3, $4)

-- name: revoke
-- It shows nothing any more.
update wall_displays set revoked_at = clock() where id = $1 and revoked_at is null returning name

-- name: by_token
-- The display that a token belongs to, if it was not revoked.
select id from wall_displays where token_hash = $1 and revoked_at is null

-- name: seen
-- It is on; noted once a minute at most.
update wall_displays set seen_at = clock() where id = $1 and (seen_at is null or seen_at < clock() - interval '1 minute')
