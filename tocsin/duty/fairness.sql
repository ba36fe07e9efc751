-- name: held
-- Per person when they had the pager and will have it around a period, of one schedule or of all: two at once are one range.
select q.user_id, lower(q.span) as starts_at, upper(q.span) as ends_at
from (
    select s.user_id, unnest(range_agg(tstzrange(s.starts_at, s.ends_at))) as span
    from held_shifts s
    where s.shift_ends_at > $1 and s.shift_starts_at < $2 and ($3::uuid is null or s.schedule_id = $3)
    group by s.user_id
) q
order by q.user_id, q.span

-- name: pages_around
-- Pages of a period; of a schedule those that came while the person had its pager.
select p.user_id, p.created_at
from users u join pages p on p.user_id = u.id and p.created_at >= $1 and p.created_at < $2
where $3::uuid is null or exists (
    select from held_shifts s where s.schedule_id = $3 and s.user_id = u.id
      and s.shift_starts_at <= p.created_at and s.shift_ends_at > p.created_at
      and s.starts_at <= p.created_at and s.ends_at > p.created_at
)
order by p.user_id, p.created_at

-- name: homes
-- Where these people live.
select id, name, time_zone, country, subdivision from users where id = any ($1::uuid[])
