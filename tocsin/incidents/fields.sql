-- name: types
-- row: tocsin.incidents.field_model.IncidentType
-- The types that can be chosen, in their order.
select name, title, hint, private from incident_types where archived_at is null order by position, title

-- name: type_title
-- What a type is called, put away or not.
select title from incident_types where name = $1

-- name: define_type
-- A type, after the others. One that was put away comes back. Answers nothing when the name is taken.
insert into incident_types (name, title, hint, private, position)
values ($1, $2, $3, $4, (select coalesce(max(position), 0) + 1 from incident_types))
on conflict (name) do update set title = excluded.title, hint = excluded.hint, private = excluded.private,
    archived_at = null, position = excluded.position
where incident_types.archived_at is not null
returning name

-- name: redefine_type
-- What a type is called, and whether it is private from the start.
update incident_types set title = $2, hint = $3, private = $4 where name = $1 and archived_at is null returning name

-- name: type_title_taken
-- Whether another type is called so.
select exists (select from incident_types where lower(title) = lower($2) and name <> $1 and archived_at is null)

-- name: put_type_away
-- A type that nobody chooses any more.
update incident_types set archived_at = clock() where name = $1 and archived_at is null returning name

-- name: definitions
-- row: tocsin.incidents.field_model.FieldDefinition
-- The fields that are asked for, in their order; with $1 also those that were put away.
select name, title, kind, options, hint, asked, types, archived_at from incident_fields
where archived_at is null or $1 order by position, title

-- name: define
-- A field, after the others. One of this kind that was put away comes back. Answers nothing when the name is taken.
insert into incident_fields (name, title, kind, options, hint, asked, types, position)
values ($1, $2, $3, $4, $5, $6, $7, (select coalesce(max(position), 0) + 1 from incident_fields))
on conflict (name) do update set title = excluded.title, options = excluded.options, hint = excluded.hint,
    asked = excluded.asked, types = excluded.types, archived_at = null, position = excluded.position
where incident_fields.archived_at is not null and incident_fields.kind = excluded.kind
returning name

-- name: redefine
-- What a field is called, what can be chosen, when it is asked for and in which types. Its kind never changes.
update incident_fields set title = $2, options = $3, hint = $4, asked = $5, types = $6
where name = $1 and archived_at is null returning name

-- name: field_title_taken
-- Whether another field is called so.
select exists (select from incident_fields where lower(title) = lower($2) and name <> $1 and archived_at is null)

-- name: put_away
-- A field that is not asked for any more; what incidents say in it stays.
update incident_fields set archived_at = clock() where name = $1 and archived_at is null returning name

-- name: person_named
-- People by id, address or name, whoever is not disabled.
select id, name from users
where disabled_at is null and (id::text = lower($1) or lower(email) = lower($1) or lower(name) = lower($1)) limit 2
