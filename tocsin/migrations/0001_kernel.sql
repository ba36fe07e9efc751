-- The floor everything stands on: the clock, idempotency keys, and work that is due.

create extension if not exists pg_trgm;
create extension if not exists btree_gist;

-- The one clock. Test databases replace it with a shifted one; nothing else ever does.
create function clock() returns timestamptz language sql stable parallel safe
return statement_timestamp();

create table request_keys (
    actor text not null,
    key text not null check (length(key) <= 200),
    verb text not null,
    answer jsonb,
    created_at timestamptz not null default clock(),
    primary key (actor, key)
);
create index request_keys_created_at on request_keys (created_at);

create table work (
    id bigint generated always as identity primary key,
    kind text not null,
    key text,
    payload jsonb not null default '{}',
    due_at timestamptz not null default clock(),
    attempts integer not null default 0,
    generation integer not null default 0,
    leased_until timestamptz,
    set_aside_at timestamptz,
    error text,
    created_at timestamptz not null default clock()
);
create unique index work_kind_key on work (kind, key) where key is not null and set_aside_at is null;
create index work_kind_due_at on work (kind, due_at) where set_aside_at is null;
