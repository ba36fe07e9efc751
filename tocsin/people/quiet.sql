-- name: set_until
-- Null ends it.
update users set undisturbed_until = $2 where id = $1

-- name: set_hours
-- Null and null: none.
update users set quiet_from = $2, quiet_to = $3 where id = $1

-- name: leaves_working_time
-- Whether there is a moment of work within ten days that is not quiet, from the end of do not disturb on: quiet can only end at
-- the start of work, or at its own end while there is work.
select exists (
    select from users u
    cross join lateral working_spans(u.id, greatest(clock(), u.undisturbed_until)) w
    cross join lateral (
        select w.starts_at as at
        union all
        select quiet_until(u.id, w.starts_at)
    ) c
    where u.id = $1 and c.at >= w.starts_at and c.at < w.ends_at and quiet_until(u.id, greatest(c.at, u.undisturbed_until)) is null
)

-- name: quiet_of
-- row: tocsin.people.quiet.Quiet
-- What somebody chose.
select undisturbed_until as until, quiet_from, quiet_to from users where id = $1

-- name: undisturbed_now
-- Whoever said do not disturb, while it lasts, or has quiet hours now.
select u.id, q.until from users u cross join lateral (select quiet_until(u.id, clock()) as until) q
where u.disabled_at is null and (u.undisturbed_until is not null or u.quiet_from is not null) and q.until is not null
