-- Catching up: who saw how much of which incident; where imported records came from; displays on walls.

-- One row per person and incident. A visit lasts as long as the room is seen; who comes back after ten minutes or more begins another
-- one, and what they had seen before is kept beside it.
create table incident_visits (
    incident_id uuid not null references incidents on delete cascade,
    user_id uuid not null references users on delete cascade,
    began_at timestamptz not null default clock(),
    seen_at timestamptz not null default clock(),
    -- The newest entry when the room was last seen.
    seen_head integer not null,
    -- The visit before: when it ended (null: there was none) and its newest entry (null: caught up, nothing to tell).
    before_at timestamptz,
    before_head integer,
    primary key (incident_id, user_id)
);
create index incident_visits_user_id on incident_visits (user_id);

-- An incident that came from another installation's export. One export makes one incident, however often it is sent.
create table incident_imports (
    incident_id uuid primary key references incidents on delete cascade,
    export_id uuid not null unique,
    origin_key text not null check (length(origin_key) between 1 and 100),
    origin_url text not null default '' check (length(origin_url) <= 2000),
    imported_at timestamptz not null default clock(),
    imported_by text not null,
    -- Who was there and what was linked, as text: they are not people and alerts of this installation.
    carried jsonb not null
);

-- A screen on a wall: it may show the open incidents that are not private, and nothing else. Only the hash of its token is kept.
create table wall_displays (
    id uuid primary key,
    name text not null check (length(name) between 1 and 100),
    token_hash bytea not null unique,
    created_by text not null,
    created_at timestamptz not null default clock(),
    seen_at timestamptz,
    revoked_at timestamptz
);
