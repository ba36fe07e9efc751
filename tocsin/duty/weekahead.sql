-- name: watched
-- The next schedules in use, some at a time, and who answers for them.
select s.id, s.name, array(select o.user_id from schedule_owners(s.id) o order by o.user_id) as owners
from schedules s where s.archived_at is null and ($1::uuid is null or s.id > $1) order by s.id limit $2

-- name: say_once
-- True the first time.
insert into told (key) values ($1) on conflict do nothing returning true

-- name: forget
-- What is mended may be told again when it comes back.
delete from told where key like $1 and not key = any ($2::text[])
