-- name: add_feed
-- Two who ask at once get the same.
insert into calendar_feeds (id, owner_id, user_id, team_id, schedule_id) values ($1, $2, $3, $4, $5)
on conflict (owner_id, coalesce(user_id, team_id, schedule_id)) do update set owner_id = excluded.owner_id
returning id

-- name: there_to_feed
-- Whether the team or the schedule is there.
select exists (select from teams where id = $1) or exists (select from schedules where id = $1 and archived_at is null)

-- name: remove_feed
-- Ends an address; only its owner's own, unless the second is null.
delete from calendar_feeds where id = $1 and ($2::uuid is null or owner_id = $2) returning id

-- name: feeds_of
-- row: Feed
-- A person's addresses, their own shifts first, then by name.
select f.id, f.owner_id, f.user_id, f.team_id, f.schedule_id, coalesce(t.name, s.name, u.name) as name,
    f.created_at, f.fetched_at
from calendar_feeds f
left join users u on u.id = f.user_id left join teams t on t.id = f.team_id left join schedules s on s.id = f.schedule_id
where f.owner_id = $1 and s.archived_at is null
order by f.user_id is null, f.team_id is null, lower(coalesce(t.name, s.name, u.name))

-- name: feed_by_id
-- row: Feed
-- What an address gives, as long as its owner may sign in and its schedule is in use.
select f.id, f.owner_id, f.user_id, f.team_id, f.schedule_id, coalesce(t.name, s.name, u.name) as name,
    f.created_at, f.fetched_at
from calendar_feeds f join users o on o.id = f.owner_id and o.disabled_at is null
left join users u on u.id = f.user_id left join teams t on t.id = f.team_id left join schedules s on s.id = f.schedule_id
where f.id = $1 and s.archived_at is null and u.disabled_at is null

-- name: note_fetched
-- Once an hour is enough to see that a program still asks.
update calendar_feeds set fetched_at = clock()
where id = $1 and (fetched_at is null or fetched_at < clock() - interval '1 hour')

-- name: shifts_to_feed
-- row: FeedShift
-- Stored shifts of a person, a team's schedules or one schedule that touch a range; and which change of their schedule
-- moved shifts last: a note or a request in its history does not count.
select s.schedule_id, c.name as schedule_name, s.track, s.user_id, u.name as user_name, s.starts_at, s.ends_at,
    greatest(c.created_at, e.recorded_at) as changed_at, coalesce(e.seq, 0) as sequence
from schedules c join shifts s on s.schedule_id = c.id join users u on u.id = s.user_id
left join lateral (
    select x.seq, x.recorded_at from entries x
    where x.stream = c.id
        and x.kind in ('schedule_created', 'schedule_changed', 'overrides_added', 'overrides_removed', 'shifts_moved')
    order by x.seq desc limit 1
) e on true
where c.archived_at is null and s.ends_at > $4 and s.starts_at < $5
    and ($1::uuid is null or s.user_id = $1) and ($2::uuid is null or c.team_id = $2) and ($3::uuid is null or c.id = $3)
order by s.starts_at, c.id, s.track

-- name: calendar_layers
-- row: CalendarLayer
-- Layers that are calendars, of one schedule or of all.
select r.id, r.schedule_id, s.name as schedule_name, coalesce(r.time_zone, s.time_zone) as time_zone, r.name,
    r.source_url, r.refreshed_at, r.refresh_error,
    coalesce(e.events, 0)::integer as events, coalesce(e.unmatched, 0)::integer as unmatched, e.until
from rotations r join schedules s on s.id = r.schedule_id and s.archived_at is null
left join lateral (
    select count(*) as events, count(*) filter (where user_id is null) as unmatched, max(ends_at) as until
    from calendar_events where rotation_id = r.id and ends_at > clock()
) e on true
where r.kind = 'calendar' and ($1::uuid is null or s.id = $1)
order by lower(s.name), r.position desc

-- name: source_of
-- Where a layer is fetched from, and what was read last; nothing counts of what another address gave.
select r.id, r.schedule_id, coalesce(r.time_zone, s.time_zone) as time_zone, r.name, r.source_url,
    case when r.refreshed_at is not null then r.source_etag end as etag,
    case when r.refreshed_at is not null then r.source_hash end as hash,
    r.refreshed_at is not null and r.read_at > clock() - interval '1 day' as fresh
from rotations r join schedules s on s.id = r.schedule_id and s.archived_at is null
where r.id = $1 and r.kind = 'calendar'

-- name: due_sources
-- Layers whose address is asked again, of one schedule or of all; those with a file only look for their people anew.
select r.id from rotations r join schedules s on s.id = r.schedule_id and s.archived_at is null
where r.kind = 'calendar' and ($1::uuid is null or s.id = $1) and (not $2::boolean or r.refreshed_at is null)
order by r.id

-- name: stored_events
-- What a layer holds.
select uid, starts_at, ends_at, user_id, who from calendar_events where rotation_id = $1

-- name: remove_events
-- All of them: what takes their place follows in the same transaction.
delete from calendar_events where rotation_id = $1

-- name: forget_events
-- Those that are over of layers that were removed: until then removing can be undone.
delete from calendar_events e
where e.ends_at < clock() and not exists (select from rotations r where r.id = e.rotation_id)

-- name: add_events
-- Many at once.
insert into calendar_events (rotation_id, uid, starts_at, ends_at, user_id, who)
select $1, t.uid, t.starts_at, t.ends_at, t.user_id, t.who
from unnest($2::text[], $3::timestamptz[], $4::timestamptz[], $5::uuid[], $6::text[])
    as t (uid, starts_at, ends_at, user_id, who)

-- name: set_refreshed
-- It went well.
update rotations set refreshed_at = clock(), refresh_error = null, source_etag = $2, source_hash = $3,
    read_at = case when $4::boolean then clock() else read_at end
where id = $1

-- name: set_refresh_error
-- It went wrong: what was stored before stays, and is read anew next time.
update rotations set refresh_error = $2, read_at = null where id = $1 and refresh_error is distinct from $2

-- name: people_to_match
-- row: Somebody
-- Everybody who can be on call.
select id, name, email from users where disabled_at is null

-- name: unmatched
-- What names nobody so far.
select distinct who from calendar_events where rotation_id = $1 and user_id is null and ends_at > clock()

-- name: match
-- Somebody came who goes by that.
update calendar_events set user_id = $3 where rotation_id = $1 and who = $2 and user_id is null
