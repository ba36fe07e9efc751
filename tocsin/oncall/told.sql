-- name: say_once
-- Marks something as told under all its names; how many of them are new. Told under one of them is told.
with said as (
    insert into told (key) select unnest($1::text[]) on conflict do nothing returning true
)
select count(*)::integer from said

-- name: how_many_told
-- Of these what was told already.
select count(*)::integer from told where key = any ($1::text[])

-- name: forget
-- What is mended may be told again when it comes back.
delete from told where key like $1 and not key = any ($2::text[])
