-- name: position_of
-- How far a chat was read; nothing before the first time.
select position from chat_positions where chat = $1

-- name: keep_position
-- What lies before it was done.
insert into chat_positions (chat, position) values ($1, $2)
on conflict (chat) do update set position = excluded.position, read_at = clock()

-- name: forget_position
-- The chat does not know it any more: reading begins anew.
delete from chat_positions where chat = $1
