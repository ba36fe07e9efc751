-- name: ways_at
-- row: tocsin.paging.reaching.Way
-- How a page would reach somebody at an urgency at a moment: what the engine asks, too. Mail stands last of what comes together.
select w.contact_method_id, w.transport, w.address, w.due_at, w.state = 'queued' as works, coalesce(w.error, '') as why
from ways_at($1, $2, $3) w left join contact_methods m on m.id = w.contact_method_id
order by w.due_at, w.transport = 'email', m.position, m.created_at
