-- name: items_of
-- row: tocsin.incidents.item_model.Item
-- What people work on in an incident.
select t.incident_id, t.seq, t.kind, t.state, t.text, t.owner_id, t.owner, t.service_id, s.name as service, t.why, t.undo,
       t.outcome, t.evidence, t.due_at, t.fresh_at, t.fresh_at + claim_stale_after(i.severity) as stale_at, t.nudged_at,
       coalesce(p.names, '{}') as people, coalesce(p.ids, '{}') as people_ids
from incident_items t join incidents i on i.id = t.incident_id
left join services s on s.id = t.service_id
left join lateral (
    select array_agg(u.name order by u.name) as names, array_agg(u.id order by u.name) as ids
    from incident_item_people w join users u on u.id = w.user_id
    where w.incident_id = t.incident_id and w.seq = t.seq and w.user_id is distinct from t.owner_id
) p on true
where t.incident_id = $1 and ($2::integer is null or t.seq = $2)
order by t.seq

-- name: begin
-- A new item; its entry has the same number.
insert into incident_items (incident_id, seq, kind, state, text, owner_id, owner, service_id, why, undo, outcome, evidence,
                            due_at, fresh_at, nudged_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: change_item
-- Every column that entries can set.
update incident_items set kind = $3, state = $4, text = $5, owner_id = $6, owner = $7, service_id = $8, why = $9, undo = $10,
    outcome = $11, evidence = $12, due_at = $13, fresh_at = $14, nudged_at = $15
where incident_id = $1 and seq = $2

-- name: join_item
-- Somebody works on it too. Answers nothing when they do already.
insert into incident_item_people (incident_id, seq, user_id) values ($1, $2, $3) on conflict do nothing returning true

-- name: alike
-- row: tocsin.incidents.item_model.Alike
-- What others look into that is like it: by words, or the same service with some likeness.
select t.seq, t.text, t.owner, t.fresh_at, e.happened_at as began_at
from incident_items t join entries e on e.stream = t.incident_id and e.seq = t.seq
where t.incident_id = $1 and t.state = 'open' and t.kind in ('claim', 'hypothesis')
  and (t.owner_id is distinct from $4)
  and (similarity($2, t.text) > 0.3 or word_similarity($2, t.text) > 0.5 or word_similarity(t.text, $2) > 0.5
       or (t.service_id = $3 and similarity($2, t.text) > 0.1))
order by greatest(word_similarity($2, t.text), similarity($2, t.text)) desc, t.seq desc limit 3

-- name: next_waiting
-- engine
-- When somebody has to be asked next.
select min(least(
    case when t.kind in ('claim', 'hypothesis') then t.fresh_at + claim_stale_after(i.severity) end,
    case when t.kind = 'task' then t.due_at end))
from incident_items t join incidents i on i.id = t.incident_id
where t.state = 'open' and t.nudged_at is null and i.resolved_at is null

-- name: waiting_now
-- engine
-- Claims without a sign of life and tasks that are late, of incidents that go on; in one order, so that two processes do not wait for
-- each other.
select t.incident_id, t.seq
from incident_items t join incidents i on i.id = t.incident_id
where t.state = 'open' and t.nudged_at is null and i.resolved_at is null and (
    (t.kind in ('claim', 'hypothesis') and t.fresh_at + claim_stale_after(i.severity) <= clock())
    or (t.kind = 'task' and t.due_at <= clock()))
order by t.incident_id, t.seq limit 100

-- name: waiting_for
-- row: tocsin.incidents.item_model.Waiting
-- What of somebody's own waits for them, in the incidents that go on.
select t.incident_id, i.key, t.seq, t.kind, t.text, t.due_at
from incident_items t join incidents i on i.id = t.incident_id
where t.owner_id = $1 and t.state = 'open' and i.resolved_at is null and may_see_incident(i, $1) and (
    (t.kind in ('claim', 'hypothesis') and t.fresh_at + claim_stale_after(i.severity) <= clock())
    or (t.kind = 'task' and t.due_at <= clock()))
order by t.seq limit 20
