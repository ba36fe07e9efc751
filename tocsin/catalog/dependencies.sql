-- name: forget
-- Before they are set anew.
delete from service_dependencies where service_id = $1

-- name: add
-- What it needs to work, of those in use.
insert into service_dependencies (service_id, depends_on_id)
select $1, id from services where id = any ($2::uuid[]) and archived_at is null

-- name: set_quiet
-- Whether its alerts stay quiet under theirs.
update services set quiet_under_dependencies = $2 where id = $1 and archived_at is null returning name

-- name: quiet
-- Whether its alerts stay quiet under those of what it depends on.
select quiet_under_dependencies from services where id = $1

-- name: dependencies
-- row: tocsin.catalog.dependencies.Named
-- What it depends on, by name.
select s.id, s.name from service_dependencies d join services s on s.id = d.depends_on_id and s.archived_at is null
where d.service_id = $1 order by lower(s.name)

-- name: dependents
-- row: tocsin.catalog.dependencies.Named
-- What depends on it, by name.
select s.id, s.name from service_dependencies d join services s on s.id = d.service_id and s.archived_at is null
where d.depends_on_id = $1 order by lower(s.name)
