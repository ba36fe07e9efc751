-- name: rate
-- One answer per person; the last one counts.
insert into alert_ratings (alert_id, user_id, useful) values ($1, $2, $3)
on conflict (alert_id, user_id) do update set useful = excluded.useful, at = clock()

-- name: alert_exists
-- Whether there is such an alert.
select exists (select from alerts where id = $1)

-- name: rating_of
-- row: tocsin.alerts.ratings.Rating
-- What people say of an alert; $2: whose own answer is asked for.
select count(*) filter (where useful) as useful, count(*) filter (where not useful) as noise,
       bool_or(useful) filter (where user_id = $2) as own
from alert_ratings where alert_id = $1
