-- name: next_handover
-- engine
-- When the clock of handovers has to look: when one is due, or now for a shift that has none yet.
select least(
    (select min(ask_at) from handovers where ask_at is not null),
    (select clock() where exists (
        select from shifts s join schedules c on c.id = s.schedule_id and c.archived_at is null
        where s.starts_at > clock() - interval '10 minutes' and s.starts_at <= clock() + interval '60 minutes'
          and s.ends_at > clock()
          and not exists (select from handovers h where h.schedule_id = s.schedule_id and h.track = s.track
                            and h.starts_at = s.starts_at and h.to_user_id = s.user_id)))
)

-- name: not_prepared
-- engine
-- Shifts that begin within the hour, or began while nobody was there to look, and have no handover yet.
select s.schedule_id, s.track, s.starts_at, s.user_id
from shifts s join schedules c on c.id = s.schedule_id and c.archived_at is null
where s.starts_at > clock() - interval '10 minutes' and s.starts_at <= clock() + interval '60 minutes'
  and s.ends_at > clock()
  and not exists (select from handovers h where h.schedule_id = s.schedule_id and h.track = s.track
                    and h.starts_at = s.starts_at and h.to_user_id = s.user_id)
order by s.starts_at, s.schedule_id limit $1

-- name: left_behind
-- engine
-- Shifts under way that must be accepted and have nothing in which that could be, however long ago they began.
select s.schedule_id, s.track, s.starts_at, s.user_id
from schedules c join shift_handovers s on s.schedule_id = c.id
    and tstzrange(s.starts_at, s.ends_at) @> clock() and s.unprepared
where c.needs_acceptance and c.archived_at is null
order by s.starts_at, s.schedule_id

-- name: prepare
-- One row per shift, whichever process is first. Whoever has just taken the shift themselves has accepted it by that.
insert into handovers (id, schedule_id, track, from_user_id, to_user_id, starts_at, ends_at, needs_acceptance, accepted_at,
                       accepted_by)
select $1, s.schedule_id, s.track, holder_before(s.schedule_id, s.track, s.starts_at), s.user_id, s.starts_at, s.ends_at,
    c.needs_acceptance and s.starts_at >= coalesce(c.acceptance_since, '-infinity'), o.created_at, o.created_by
from shifts s
join schedules c on c.id = s.schedule_id and c.archived_at is null
left join overrides o on o.id = s.override_id and o.created_by = s.user_id
    and o.created_at > s.starts_at - interval '60 minutes'
where s.schedule_id = $2 and s.track = $3 and s.starts_at = $4 and s.user_id = $5
on conflict (schedule_id, track, starts_at, to_user_id) do nothing
returning id

-- name: due_handovers
-- Whose moment has come.
select id, schedule_id from handovers where ask_at <= clock() order by ask_at limit $1

-- name: is_due
-- Whether nobody else has been faster, with the row locked.
select ask_at <= clock() from handovers where id = $1 for update

-- name: set_ask
-- When to look at it again, and how often acceptance was asked for.
update handovers set ask_at = $2, asked = asked + $3 where id = $1

-- name: keep_brief
-- What the next person was told.
update handovers set brief = $2 where id = $1

-- name: postpone
-- What cannot be handled now is looked at again, and the others are not held up by it.
update handovers set ask_at = clock() + interval '5 minutes' where id = $1

-- name: handovers
-- row: tocsin.duty.handover_model.Handover
-- One handover; or of a schedule, or to a person, those that stand and are not over, and with $4 the last ones too. Where
-- the same person goes on there is nothing to hand over. `stands`: the shift is still what it was when this was prepared.
-- `over`: it has ended, and nobody waits for it any more.
select * from (
    select h.id, h.schedule_id, c.name as schedule_name, h.track, h.from_user_id, f.name as from_name,
        f.time_zone as from_zone, f.disabled_at is not null as from_disabled, h.to_user_id, t.name as to_name,
        t.time_zone as to_zone, h.starts_at, coalesce(s.ends_at, h.ends_at) as ends_at, h.needs_acceptance, h.accepted_at,
        a.name as accepted_name, h.asked,
        s.user_id is not null and c.archived_at is null and t.disabled_at is null as stands,
        coalesce(s.ends_at, h.ends_at) <= clock() and not exists (
            select from on_call_now o where o.schedule_id = h.schedule_id and o.track = h.track and o.user_id = h.from_user_id
              and o.planned_user_id <> o.user_id and o.starts_at > h.starts_at) as over
    from handovers h
    join schedules c on c.id = h.schedule_id
    join users t on t.id = h.to_user_id
    left join users f on f.id = h.from_user_id
    left join users a on a.id = h.accepted_by
    left join shifts s on s.schedule_id = h.schedule_id and s.track = h.track and s.starts_at = h.starts_at
        and s.user_id = h.to_user_id
    where ($1::uuid is null or h.id = $1) and ($2::uuid is null or h.schedule_id = $2)
      and ($3::uuid is null or h.to_user_id = $3)
      and ($1 is not null or h.starts_at > clock() - interval '30 days')
) q
where $1 is not null or (q.from_user_id is distinct from q.to_user_id and q.stands and ($4 or not q.over))
order by q.starts_at desc, q.schedule_id limit 50

-- name: sent_brief
-- What the next person was told, as it was then.
select brief from handovers where id = $1

-- name: not_accepted
-- Those of a place in a schedule whose predecessor may have changed, in order.
select id from handovers
where schedule_id = $1 and track = $2 and accepted_at is null and ends_at > clock() order by starts_at

-- name: refresh_holder
-- Who has it before, as things stand now.
update handovers set from_user_id = holder_before(schedule_id, track, starts_at) where id = $1

-- name: accept
-- The pager moves with it. What is to be said at the start is still said.
update handovers set accepted_at = clock(), accepted_by = $2, ask_at = case when starts_at > clock() then starts_at end
where id = $1 and accepted_at is null

-- name: follow_rules
-- A schedule that needs acceptance now, or no longer does: what has begun is only ever freed by that.
update handovers h set needs_acceptance = c.needs_acceptance,
    ask_at = greatest(clock(), h.starts_at - case when c.needs_acceptance then interval '15 minutes' else interval '0' end)
from schedules c
where c.id = h.schedule_id and c.id = any ($1::uuid[]) and h.accepted_at is null and h.ends_at > clock()
  and h.needs_acceptance <> c.needs_acceptance and (h.starts_at > clock() or not c.needs_acceptance)

-- name: schedule_of
-- Which schedule is locked before the handover is.
select schedule_id from handovers where id = $1

-- name: takes_part
-- Whether somebody stands in a schedule, or is or will be on call for it.
select exists (select from schedule_people p where p.schedule_id = $1 and p.user_id = $2)
    or exists (select from shifts s where s.schedule_id = $1 and s.user_id = $2 and s.ends_at > clock())

-- name: add_note
-- For whoever is on call next, until it is done.
insert into shift_notes (id, schedule_id, author_id, author, text) values ($1, $2, $3, $4, $5)

-- name: finish_note
-- Done once; whoever was first stands there.
update shift_notes set done_at = clock(), done_by = $2 where id = $1 and done_at is null returning schedule_id

-- name: schedule_of_note
-- Whose note it is.
select n.schedule_id from shift_notes n join schedules s on s.id = n.schedule_id and s.archived_at is null where n.id = $1
