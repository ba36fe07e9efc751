-- name: watched
-- The next schedules in use, some at a time, and who answers for them, with the clock they live by.
select s.id, s.name, coalesce((
        select jsonb_object_agg(o.user_id, u.time_zone) from schedule_owners(s.id) o join users u on u.id = o.user_id
    ), '{}') as owners
from schedules s where s.archived_at is null and ($1::uuid is null or s.id > $1) order by s.id limit $2
