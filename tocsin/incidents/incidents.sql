-- name: next_number
-- The counter behind INC-42: gapless, because the row is locked until the declaration commits.
update incident_numbers set last = last + 1 returning last

-- name: insert
-- A new incident; its first entry follows in the same transaction.
insert into incidents (id, key, summary, severity, status, impact, reporter_contact, products, service_id, private,
                       declared_by, declared_at, detected_at, acknowledged_at, update_due_at, type, fields)
values ($1, $2, $3, $4, 'investigating', $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)

-- name: lock
-- row: Incident
-- engine
-- One incident, for a change, if the actor may see it (or is the engine).
select id, key, summary, severity, status, impact, reporter_contact, products, service_id, private, declared_by,
       impact_started_at, detected_at, declared_at, acknowledged_at, first_update_at, mitigated_at, resolved_at,
       update_due_at, update_missed_at, sub_status, merged_into, type, fields, head
from incidents where id = $1 and ($3 or may_see_incident(incidents, $2)) for update

-- name: sees
-- engine
-- Whether somebody may see an incident at this moment.
select may_see_incident(i, $2) from incidents i where i.id = $1

-- name: change
-- engine
-- Writes every column that entries can set, and raises the head by one; the entry follows.
update incidents set summary = $2, severity = $3, status = $4, impact = $5, reporter_contact = $6, products = $7,
    service_id = $8, private = $9, impact_started_at = $10, detected_at = $11, acknowledged_at = $12,
    first_update_at = $13, mitigated_at = $14, resolved_at = $15, update_due_at = $16, update_missed_at = $17,
    sub_status = $18, merged_into = $19, type = $20, fields = $21, head = head + 1
where id = $1 returning head

-- name: merged_into
-- engine
-- Which incident another one was merged into, if the viewer may see it.
select m.id, m.key from incidents i join incidents m on m.id = i.merged_into
where i.id = $1 and may_see_incident(m, $2)

-- name: by_key
-- row: Incident
-- engine
-- One incident by its key, if the viewer may see it.
select id, key, summary, severity, status, impact, reporter_contact, products, service_id, private, declared_by,
       impact_started_at, detected_at, declared_at, acknowledged_at, first_update_at, mitigated_at, resolved_at,
       update_due_at, update_missed_at, sub_status, merged_into, type, fields, head
from incidents where key = $1 and may_see_incident(incidents, $2)

-- name: by_id
-- row: Incident
-- engine
-- One incident by its id, if the viewer may see it.
select id, key, summary, severity, status, impact, reporter_contact, products, service_id, private, declared_by,
       impact_started_at, detected_at, declared_at, acknowledged_at, first_update_at, mitigated_at, resolved_at,
       update_due_at, update_missed_at, sub_status, merged_into, type, fields, head
from incidents where id = $1 and may_see_incident(incidents, $2)

-- name: mine
-- row: Incident
-- Open incidents that somebody takes part in.
select id, key, summary, severity, status, impact, reporter_contact, products, service_id, private, declared_by,
       impact_started_at, detected_at, declared_at, acknowledged_at, first_update_at, mitigated_at, resolved_at,
       update_due_at, update_missed_at, sub_status, merged_into, type, fields, head
from incidents i
where resolved_at is null and may_see_incident(i, $1) and (
    declared_by = $1
    or exists (select from incident_roles r where r.incident_id = i.id and r.user_id = $1)
    or exists (select from incident_responders r where r.incident_id = i.id and r.user_id = $1 and r.left_at is null)
)
order by severity, declared_at limit 50

-- name: overdue
-- row: Incident
-- engine
-- Incidents whose promised update did not come; each is locked, what another process has is left to it.
select id, key, summary, severity, status, impact, reporter_contact, products, service_id, private, declared_by,
       impact_started_at, detected_at, declared_at, acknowledged_at, first_update_at, mitigated_at, resolved_at,
       update_due_at, update_missed_at, sub_status, merged_into, type, fields, head
from incidents
where resolved_at is null and update_missed_at is null and update_due_at <= clock()
order by update_due_at limit 100
for update skip locked

-- name: next_overdue
-- engine
-- When the update clock has to look next.
select min(update_due_at) from incidents where resolved_at is null and update_missed_at is null

-- name: head
-- The number of the newest entry.
select head from incidents where id = $1

-- name: cards
-- row: Card
-- What lists show, newest first; everything filtered is optional.
select id, key, summary, severity, status, private, declared_at, resolved_at, update_due_at, manager, service,
       service_id, type, type_title
from listed_incidents($1) c
where ($2::boolean is null or (resolved_at is not null) = $2)
  and ($3::text is null or summary ilike '%' || $3 || '%' or key ilike $3)
  and ($4::integer is null or severity = $4)
  and ($5::timestamptz is null or declared_at < $5)
  and ($7::text is null or status = $7)
  and ($8::text is null or type = $8)
  and (not $9::boolean or private)
  and ($10::uuid is null or service_id = $10)
order by declared_at desc limit $6

-- name: cards_of_alert
-- row: Card
-- The incidents an alert is linked to.
select id, key, summary, severity, status, private, declared_at, resolved_at, update_due_at, manager, service,
       service_id, type, type_title
from listed_incidents($2) c
where exists (select from incident_alerts l where l.incident_id = c.id and l.alert_id = $1)
order by declared_at desc

-- name: cards_of_service
-- row: Card
-- A service's incidents, newest first.
select id, key, summary, severity, status, private, declared_at, resolved_at, update_due_at, manager, service,
       service_id, type, type_title
from listed_incidents($2) c where service_id = $1 order by declared_at desc limit $3

-- name: look_alikes
-- row: Card
-- Open incidents with similar words or the same service, and those with similar words that were resolved lately ($4). Private ones
-- are never named here.
select id, key, summary, severity, status, private, declared_at, resolved_at, update_due_at, manager, service,
       service_id, type, type_title
from listed_incidents($3) c
where not private and (resolved_at is null or resolved_at > clock() - $4::interval)
  and (word_similarity($1, summary) > 0.35 or similarity($1, summary) > 0.25 or (resolved_at is null and service_id = $2))
order by resolved_at is not null, greatest(word_similarity($1, summary), similarity($1, summary)) desc, declared_at desc limit 5

-- name: roles
-- row: RoleHolder
-- Who holds which role.
select r.role, d.title, r.user_id, u.name, u.time_zone, r.since
from incident_roles r join users u on u.id = r.user_id join role_definitions d on d.name = r.role
where r.incident_id = $1 order by d.position

-- name: hold
-- Gives a role to somebody, whoever held it before.
insert into incident_roles (incident_id, role, user_id) values ($1, $2, $3)
on conflict (incident_id, role) do update set user_id = excluded.user_id, since = clock()

-- name: let_go
-- Nobody holds the role.
delete from incident_roles where incident_id = $1 and role = $2 and user_id = $3

-- name: person
-- Somebody who can take part.
select id, name, role from users where id = $1 and disabled_at is null

-- name: join
-- Somebody takes part (again). Answers nothing when they do already.
insert into incident_responders (incident_id, user_id) values ($1, $2)
on conflict (incident_id, user_id) do update set left_at = null, part = 'on_it', released_by = null,
    joined_at = case when incident_responders.left_at is null then incident_responders.joined_at else clock() end
where incident_responders.left_at is not null or incident_responders.part <> 'on_it'
returning true

-- name: leave
-- Somebody does not take part any more.
update incident_responders set left_at = clock() where incident_id = $1 and user_id = $2 and left_at is null

-- name: responders
-- row: Responder
-- Who takes part, in order of joining.
select r.user_id, u.name, u.time_zone, r.joined_at, r.part
from incident_responders r join users u on u.id = r.user_id
where r.incident_id = $1 and r.left_at is null order by r.joined_at

-- name: add_member
-- Somebody may see a private incident.
insert into incident_members (incident_id, user_id) values ($1, $2) on conflict do nothing returning true

-- name: choices
-- row: Choice
-- Who can be given a role: people on call first.
select u.id, u.name, u.time_zone, exists (select from on_call_now o where o.user_id = u.id) as on_call
from users u where u.disabled_at is null and u.role <> 'viewer' order by on_call desc, u.name limit 500

-- name: link
-- An alert belongs to the incident. Answers nothing when it does already.
insert into incident_alerts (incident_id, alert_id) values ($1, $2) on conflict do nothing returning true

-- name: unlink
-- An alert does not belong to it.
delete from incident_alerts where incident_id = $1 and alert_id = $2

-- name: alerts_of
-- row: LinkedAlert
-- engine
-- The alerts of an incident.
select a.id, a.number, a.message, a.priority, a.started_at, a.acknowledged_at, a.acknowledged_by, a.closed_at
from incident_alerts l join alerts a on a.id = l.alert_id
where l.incident_id = $1 order by a.closed_at is not null, a.priority, a.started_at limit 200

-- name: insert_update
-- An update as its audience gets it.
insert into incident_updates (id, incident_id, seq, audience, state, status_now, next_steps, unknowns, status,
                              next_update_at, author_id, author)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: updates
-- row: Update
-- engine
-- The updates of an incident, newest first.
select id, seq, audience, state, status_now, next_steps, unknowns, status, next_update_at, author, created_at
from incident_updates where incident_id = $1 order by created_at desc limit 100

-- name: is_published
-- engine
-- Whether the public has heard of it.
select exists (select from incident_updates where incident_id = $1 and audience = 'public')

-- name: touch_presence
-- Somebody has the room open, and sees its newest entry (`catchup.sql`). Answers whether that is news.
with before as (
    select seen_at from presence where incident_id = $1 and user_id = $2
), touched as (
    insert into presence (incident_id, user_id) values ($1, $2)
    on conflict (incident_id, user_id) do update set seen_at = clock()
), visited as (
    insert into incident_visits as v (incident_id, user_id, seen_head, before_head) select id, $2, head, 0 from incidents where id = $1
    on conflict (incident_id, user_id) do update set
        began_at = case when v.seen_at < clock() - interval '10 minutes' then clock() else v.began_at end,
        before_at = case when v.seen_at < clock() - interval '10 minutes' then v.seen_at else v.before_at end,
        before_head = case when v.seen_at < clock() - interval '10 minutes' then v.seen_head else v.before_head end,
        seen_at = clock(), seen_head = excluded.seen_head
)
select coalesce((select seen_at < clock() - interval '1 minute' from before), true)

-- name: next_leaving
-- engine
-- When the next one who does not look any more is not there.
select min(seen_at) + interval '1 minute' from presence

-- name: left_rooms
-- engine
-- Whoever was not seen for a minute is not there any more; answers where.
delete from presence where (incident_id, user_id) in (
    select incident_id, user_id from presence where seen_at <= clock() - interval '1 minute'
    order by seen_at limit 500 for update skip locked
) returning incident_id

-- name: presence
-- row: Present
-- Who has the room open.
select p.user_id, u.name, u.time_zone
from presence p join users u on u.id = p.user_id
where p.incident_id = $1 and p.seen_at > clock() - interval '1 minute' order by u.name
