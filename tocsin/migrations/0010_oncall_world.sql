-- On call around the world: more kinds of rotations, cover and swaps, handover of shifts, readiness, calendars.

-- Schedules, layers and overrides are some hundreds of rows, shifts some thousands: rewriting them takes no time.
-- squawk-ignore-file constraint-missing-not-valid, ban-drop-column, ban-drop-constraint, adding-foreign-key-constraint, require-concurrent-index-creation, adding-field-with-default, adding-not-nullable-field, adding-serial-primary-key-field, ban-drop-not-null

alter table users
    -- ISO 3166 country and, where holidays differ within it, its subdivision: DE and BE for Berlin.
    add column country text check (country ~ '^[A-Z]{2}$'),
    add column subdivision text check (length(subdivision) between 1 and 10),
    -- When somebody works, on their own clock: reminders wait for it.
    add column work_starts time not null default '09:00',
    add column work_ends time not null default '17:00',
    -- ISO weekdays, Monday is 1.
    add column work_days smallint[] not null default '{1,2,3,4,5}';

-- What a request asked for, as a digest: the same key for something else is refused.
alter table request_keys add column about text;

-- Schedules have a record of their own.
alter table entries drop constraint entries_stream_type_check;
alter table entries add constraint entries_stream_type_check
    check (stream_type in ('incident', 'alert', 'schedule'));

alter table schedules
    add column head integer not null default 0,
    -- Layered: a higher rotation covers a lower one. Together: all of them are on call at once.
    add column coverage text not null default 'layered' check (coverage in ('layered', 'together')),
    -- The pager moves only when the next person has accepted; and since when that is demanded: what began earlier is theirs.
    add column needs_acceptance boolean not null default false,
    add column acceptance_since timestamptz,
    -- More nights in a row than this are a finding.
    add column max_nights integer not null default 7 check (max_nights between 1 and 366),
    -- So many pages in a night, or hours without a break, and relief is proposed; 0 for never.
    add column fatigue_pages integer not null default 3 check (fatigue_pages between 0 and 100),
    add column fatigue_hours integer not null default 192 check (fatigue_hours between 0 and 2000),
    -- Which time zone data the stored shifts were computed with.
    add column zone_data text,
    -- A sentence: why the shifts could not be computed; what was stored before still counts.
    add column not_computed text;

alter table rotations
    drop constraint rotations_kind_check,
    drop constraint rotations_length_check,
    -- Null: the schedule's own.
    add column time_zone text,
    -- When the layer counts: [{"start": "09:00", "end": "17:00", "days": [1], "until_day": 5, "end_zone": "Asia/Tokyo"}].
    add column restrictions jsonb not null default '[]',
    -- Whoever has a public holiday is skipped for that day.
    add column skip_holidays boolean not null default false,
    -- For kind calendar: where its events come from, null for a file; and how the last look went.
    add column source_url text check (length(source_url) <= 2000),
    add column refreshed_at timestamptz,
    add column refresh_error text,
    -- What was read last, so that the same again costs nothing; and when: the events of the coming time move along.
    add column source_etag text,
    add column source_hash bytea,
    add column read_at timestamptz;
alter table rotations add constraint rotations_kind_check
    check (kind in ('hourly', 'daily', 'weekly', 'monthly', 'calendar'));
alter table rotations add constraint rotations_length_check check (length between 1 and 1000);
update rotations set restrictions = jsonb_build_array(jsonb_build_object(
    'start', to_char(window_start, 'HH24:MI'), 'end', to_char(window_end, 'HH24:MI')))
where window_start is not null;
-- Nothing that was released reads them.
alter table rotations drop column window_start, drop column window_end;

-- A turn is a person's, each member's of a team one after the other, or deliberately nobody's.
alter table rotation_participants
    alter column user_id drop not null,
    add column team_id uuid references teams on delete cascade;
alter table rotation_participants add constraint one_participant check (num_nonnulls(user_id, team_id) <= 1);
create index rotation_participants_team_id on rotation_participants (team_id);

-- What an imported calendar says. `who` is the name or address as it stands there.
create table calendar_events (
    -- Without a reference: removing a layer can be undone, and then its events are there again.
    rotation_id uuid not null,
    uid text not null check (length(uid) <= 1000),
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    user_id uuid references users on delete set null,
    who text not null default '' check (length(who) <= 500),
    primary key (rotation_id, uid, starts_at),
    check (starts_at < ends_at)
);

-- The tables are small: schedules have some hundreds of overrides a year.
alter table overrides
    -- Only where this person would be on call.
    add column replaces uuid references users on delete cascade,
    add column reason text not null default '' check (length(reason) <= 500),
    -- Overrides that were made together go together: a leave, a swap.
    add column batch uuid,
    -- Its place among those who are on call together, above every layer's.
    add column number integer generated by default as identity (start with 1000);
create index overrides_batch on overrides (batch) where batch is not null;

alter table shifts add column track integer not null default 0;
-- Who is on call in all schedules: what is over is passed by, however long the past grows.
create index shifts_ends_at on shifts (ends_at);
-- Handovers are prepared for what starts soon.
create index shifts_starts_at on shifts (starts_at);
alter table shifts drop constraint shifts_schedule_id_tstzrange_excl;
alter table shifts add constraint shifts_one_at_a_time
    exclude using gist (schedule_id with =, track with =, tstzrange(starts_at, ends_at) with &&);

-- Somebody asks another person, or everybody in the schedule, to take a range; perhaps for one in return.
create table swap_requests (
    id uuid primary key,
    schedule_id uuid not null references schedules on delete cascade,
    from_user_id uuid not null references users on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    -- Null: whoever of the schedule says yes first.
    to_user_id uuid references users on delete cascade,
    return_starts_at timestamptz,
    return_ends_at timestamptz,
    note text not null default '' check (length(note) <= 500),
    state text not null default 'open' check (state in ('open', 'accepted', 'declined', 'withdrawn', 'lapsed', 'moved')),
    created_at timestamptz not null default clock(),
    -- A manager may ask for somebody who is away.
    created_by uuid references users on delete set null,
    -- Who takes it, and who said so: a manager may answer for somebody who is away.
    taken_by uuid references users on delete set null,
    answered_by uuid references users on delete set null,
    answered_at timestamptz,
    reminded_at timestamptz,
    check (starts_at < ends_at),
    check ((return_starts_at is null) = (return_ends_at is null)),
    check (return_starts_at < return_ends_at)
);
create index swap_requests_schedule_id on swap_requests (schedule_id, created_at desc);
create index swap_requests_open on swap_requests (starts_at) where state = 'open';
create index swap_requests_from_user_id on swap_requests (from_user_id);
create index swap_requests_to_user_id on swap_requests (to_user_id);

create table swap_declines (
    swap_id uuid not null references swap_requests on delete cascade,
    user_id uuid not null references users on delete cascade,
    at timestamptz not null default clock(),
    primary key (swap_id, user_id)
);

-- Private addresses of calendars. The link is signed with the row's id: removing the row ends it.
create table calendar_feeds (
    id uuid primary key,
    owner_id uuid not null references users on delete cascade,
    user_id uuid references users on delete cascade,
    team_id uuid references teams on delete cascade,
    schedule_id uuid references schedules on delete cascade,
    created_at timestamptz not null default clock(),
    fetched_at timestamptz,
    check (num_nonnulls(user_id, team_id, schedule_id) = 1)
);
create unique index calendar_feeds_of_owner on calendar_feeds (owner_id, coalesce(user_id, team_id, schedule_id));

-- The hand-off from one person to the next, prepared before it happens.
create table handovers (
    id uuid primary key,
    schedule_id uuid not null references schedules on delete cascade,
    track integer not null,
    -- Null: nobody had it before.
    from_user_id uuid references users on delete set null,
    to_user_id uuid not null references users on delete cascade,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    brief jsonb not null default '{}',
    needs_acceptance boolean not null,
    created_at timestamptz not null default clock(),
    accepted_at timestamptz,
    accepted_by uuid references users on delete set null,
    -- How often acceptance was asked for; and when to look at it next, accepted or not: what starts is told.
    asked integer not null default 0,
    ask_at timestamptz,
    unique (schedule_id, track, starts_at, to_user_id)
);
create index handovers_ask_at on handovers (ask_at) where ask_at is not null;
create index handovers_to_user_id on handovers (to_user_id, starts_at desc);
create index handovers_from_user_id on handovers (from_user_id, ends_at);

-- What the next person should know, until it is done.
create table shift_notes (
    id uuid primary key,
    schedule_id uuid not null references schedules on delete cascade,
    author_id uuid references users on delete set null,
    author text not null,
    text text not null check (length(text) between 1 and 2000),
    created_at timestamptz not null default clock(),
    done_at timestamptz,
    done_by text
);
create index shift_notes_open on shift_notes (schedule_id, created_at) where done_at is null;

-- The weekly quiet test of each contact method.
create table method_tests (
    id uuid primary key,
    contact_method_id uuid not null references contact_methods on delete cascade,
    delivery_id uuid not null,
    sent_at timestamptz not null default clock(),
    receipt_at timestamptz
);
create index method_tests_contact_method_id on method_tests (contact_method_id, sent_at desc);

-- Who was told what, so that it is said once: readiness, findings, relief.
create table told (
    key text primary key check (length(key) <= 300),
    at timestamptz not null default clock()
);

-- Who answers for a schedule: the admins of its team, else its members, else the administrators.
create function schedule_owners(schedule uuid) returns table (user_id uuid) language sql stable as $$
    with candidate as (
        select m.user_id, case m.role when 'admin' then 1 else 2 end as rank
        from schedules s join team_members m on m.team_id = s.team_id where s.id = schedule
        union all
        select id, 3 from users where role = 'admin'
    ), usable as (
        select c.user_id, c.rank from candidate c join users u on u.id = c.user_id and u.disabled_at is null
    )
    select distinct usable.user_id from usable where usable.rank = (select min(rank) from usable)
$$;

-- Shifts, and how far their handovers are. `waits`: it was not accepted. `unprepared`: it must be accepted, and there is no
-- handover yet in which that could be; whoever took the shift themselves within the hour before it has accepted it by that.
create view shift_handovers as
select s.schedule_id, s.track, s.user_id, s.starts_at, s.ends_at, s.rotation_id, s.override_id, h.from_user_id, h.accepted_at,
    coalesce(h.needs_acceptance, false) and h.accepted_at is null as waits,
    h.id is null
        and exists (select from schedules c where c.id = s.schedule_id and c.needs_acceptance
            and s.starts_at >= coalesce(c.acceptance_since, '-infinity'))
        and not exists (select from overrides o where o.id = s.override_id and o.created_by = s.user_id
            and o.created_at > s.starts_at - interval '60 minutes') as unprepared
from shifts s
left join handovers h on h.schedule_id = s.schedule_id and h.track = s.track and h.starts_at = s.starts_at
    and h.to_user_id = s.user_id;

-- Who has a place in a schedule until a moment at which somebody's turn ends there; null after a gap. Whoever did not
-- accept never had it: of several such turns in a row, the one before them has it, or the next of those who did not leave.
create function holder_before(schedule uuid, place integer, moment timestamptz) returns uuid language sql stable as $$
    with recursive earlier as (
        select 1 as back, x.user_id, x.starts_at, x.from_user_id, x.waits, x.unprepared from shift_handovers x
        where x.schedule_id = schedule and x.track = place and x.ends_at = moment
        union all
        select e.back + 1, x.user_id, x.starts_at, x.from_user_id, x.waits, x.unprepared
        from earlier e join shift_handovers x on x.schedule_id = schedule and x.track = place and x.ends_at = e.starts_at
        where e.unprepared
    )
    select u.id
    from earlier e
    left join users f on f.id = e.from_user_id and e.waits and f.disabled_at is null
    join users u on u.id = coalesce(f.id, e.user_id)
    order by (u.disabled_at is null) desc, e.back desc limit 1
$$;

-- Who is on call now. While a shift waits for acceptance, whoever held the schedule before still does. `offset 0`: whom that
-- is gets asked once per shift, whatever is joined to it.
create or replace view on_call_now as
select s.schedule_id, coalesce(f.id, s.user_id) as user_id, s.starts_at, s.ends_at, s.rotation_id, s.override_id, s.track,
    s.user_id as planned_user_id
from shift_handovers s
cross join lateral (
    select case
        when s.waits then s.from_user_id
        when s.unprepared then holder_before(s.schedule_id, s.track, s.starts_at)
    end as id offset 0
) w
left join users f on f.id = w.id and f.disabled_at is null
where s.starts_at <= clock() and s.ends_at > clock();

-- Who had the pager in which part of a shift, and is to have it: until it is accepted, whoever held the schedule before.
-- `shift_starts_at` and `shift_ends_at` are the whole shift's, by which it is found.
create view held_shifts as
select s.schedule_id, s.track, p.user_id, p.starts_at, p.ends_at, s.user_id as planned_user_id,
    s.starts_at as shift_starts_at, s.ends_at as shift_ends_at
from shifts s
left join handovers h on h.schedule_id = s.schedule_id and h.track = s.track and h.starts_at = s.starts_at
    and h.to_user_id = s.user_id and h.needs_acceptance and h.from_user_id is not null
left join users f on f.id = h.from_user_id
cross join lateral (
    select case when f.id is not null then least(s.ends_at, f.disabled_at, coalesce(h.accepted_at, clock())) end as moved_at
) m
cross join lateral (
    values (h.from_user_id, s.starts_at, m.moved_at), (s.user_id, greatest(s.starts_at, m.moved_at), s.ends_at)
) p (user_id, starts_at, ends_at)
where p.starts_at < p.ends_at;

-- Who stands in a schedule: by name, as a member of a team, or in an imported calendar. Those who left stand in none.
create view schedule_people as
select r.schedule_id, u.id as user_id
from rotations r join rotation_participants p on p.rotation_id = r.id
left join team_members m on m.team_id = p.team_id
join users u on u.id = coalesce(p.user_id, m.user_id) and u.disabled_at is null
union
select r.schedule_id, u.id
from rotations r join calendar_events e on e.rotation_id = r.id and e.ends_at > clock()
join users u on u.id = e.user_id and u.disabled_at is null;
