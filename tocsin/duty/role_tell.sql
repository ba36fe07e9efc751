-- name: reader
-- engine
-- Somebody who may be told of an incident, and what may be said of it.
select u.id, u.time_zone, i.key, i.private
from incidents i join users u on u.id = $2 and u.disabled_at is null
where i.id = $1 and may_see_incident(i, u.id)
