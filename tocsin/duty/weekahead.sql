-- name: watched
-- The next schedules in use, some at a time, and who answers for them, with the clock they live by.
select s.id, s.name, coalesce((
        select jsonb_object_agg(o.user_id, u.time_zone) from schedule_owners(s.id) o join users u on u.id = o.user_id
    ), '{}') as owners
from schedules s where s.archived_at is null and ($1::uuid is null or s.id > $1) order by s.id limit $2

-- name: how_many_told
-- Of these what was told already.
select count(*)::integer from told where key = any ($1::text[])

-- name: say_all_once
-- Marks something as told under all its names; how many of them are new. Told under one of them is told.
with said as (
    insert into told (key) select unnest($1::text[]) on conflict do nothing returning true
)
select count(*)::integer from said

-- name: forget
-- What is mended may be told again when it comes back.
delete from told where key like $1 and not key = any ($2::text[])
