-- name: say_empty_steps
-- engine
-- Steps of these escalations that found nobody get their entry in the alert's record, once. What was skipped on purpose does not.
with told as (
    update empty_steps s set told = true from escalations e
    where s.escalation_id = any ($1::uuid[]) and e.id = s.escalation_id and not s.told and not s.skipped
    returning e.alert_id, s.at, s.round, s.step, s.reason,
              case when s.step < jsonb_array_length(e.plan -> 'steps') then s.step + 1 end as number
), numbered as (
    select told.*, row_number() over (partition by alert_id order by at, round, step) as place,
           count(*) over (partition by alert_id) as many
    from told
), locked as materialized (
    -- In the order in which everything here locks alerts.
    select id from alerts where id in (select alert_id from numbered) order by id for no key update
), changed as (
    update alerts a set head = a.head + n.many
    from locked l join (select distinct alert_id, many from numbered) n on n.alert_id = l.id where a.id = l.id
    returning a.id, a.head
)
insert into entries (stream, stream_type, seq, kind, happened_at, actor, door, payload)
select c.id, 'alert', c.head - n.many + n.place, 'step_found_nobody', n.at, 'Tocsin', 'engine',
       jsonb_build_object('number', n.number, 'reason', n.reason)
from numbered n join changed c on c.id = n.alert_id
