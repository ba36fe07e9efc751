-- name: open_ours
-- The places that need no vendor are open at once; the video room is on its way. Answers nothing the second time.
with opened as (
    insert into places (incident_id, kind, state, provider, url, opened_at)
    values ($1, 'chat', 'open', 'Tocsin', $2, clock()), ($1, 'notes', 'open', 'Tocsin', $2 || '/notes', clock()),
           ($1, 'video', 'opening', $3, '', null)
    on conflict do nothing returning kind
), page as (
    insert into notes_pages (incident_id) values ($1) on conflict do nothing
)
select kind from opened

-- name: place_opened
-- A vendor's place is ready. Answers nothing when it was already.
update places set state = 'open', url = $3, error = '', opened_at = clock()
where incident_id = $1 and kind = $2 and state <> 'open'
returning provider

-- name: set_ticket
-- The ticket's link, first or changed.
insert into places (incident_id, kind, state, provider, url, opened_at)
values ($1, 'ticket', 'open', $3, $2, clock())
on conflict (incident_id, kind) do update set url = excluded.url, provider = excluded.provider, state = 'open',
    opened_at = clock()
where places.url <> excluded.url
returning true

-- name: places_of
-- row: Place
-- An incident's places in their usual order.
select kind, state, provider, url, error from places where incident_id = $1
order by array_position(array['chat', 'video', 'notes', 'ticket'], kind)

-- name: notes_of
-- row: Notes
-- The notes page.
select incident_id, body, version, updated_at, updated_by from notes_pages where incident_id = $1
