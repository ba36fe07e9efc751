-- name: rearrange
-- engine
-- Somebody may be disturbed at other times than before: their pages that are not urgent, and were never tried, wait until then.
update deliveries d set due_at = w.due_at,
    error = case when w.due_at > clock() then waiting_words(d.user_id, clock(), w.due_at) end
from (
    select q.id, greatest(clock(), undisturbed_moment(q.user_id, greatest(
        clock(), q.queued_at + make_interval(secs => coalesce(r.delay_s, 0))))) as due_at
    from deliveries q join pages p on p.id = q.page_id and p.urgency = 'low'
    left join notification_rules r on r.user_id = q.user_id and r.urgency = 'low' and r.contact_method_id = q.contact_method_id
    where q.user_id = any ($1::uuid[]) and q.state = 'queued' and q.purpose = 'page' and q.attempts = 0
    for update of q skip locked
) w where w.id = d.id
