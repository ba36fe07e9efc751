-- name: still_left
-- Of these, who is away at this moment: an account may have been enabled again.
select id from users where id = any ($1::uuid[]) and disabled_at is not null

-- name: cancel_pages_of
-- Nothing that waits for somebody who left goes out any more. A message that is being handed over at this moment is left alone.
update deliveries set state = 'cancelled', error = 'The account is disabled.'
where id in (
    select id from deliveries where user_id = any ($1::uuid[]) and state = 'queued' and purpose = 'page' for update
)

-- name: go_on_without
-- Escalations that reached nobody but people who left do not wait for their next step, nor for their next round.
update escalations set next_at = clock() where id in (
    select e.id from escalations e join alerts a on a.id = e.alert_id
    where e.id in (select escalation_id from pages where user_id = any ($1::uuid[]))
      and e.ended_at is null and e.next_at > clock() and (a.snoozed_until is null or a.snoozed_until <= clock())
      and not exists (select from pages p join users u on u.id = p.user_id and u.disabled_at is null
                      join deliveries d on d.page_id = p.id
                      where p.escalation_id = e.id and d.purpose = 'page' and d.state not in ('failed', 'cancelled'))
    for update of e
)

-- name: owned_by
-- What people who left have: acknowledged, or given to them and paged to nobody else.
select a.id, u.name, a.acknowledged_at is not null as acknowledged
from alerts a join users u on u.id = a.owner_id and u.disabled_at is not null
where a.owner_id = any ($1::uuid[]) and a.closed_at is null
  and (a.acknowledged_at is not null or not exists (
      select from escalations e where e.alert_id = a.id and e.ended_at is null))
order by a.id
