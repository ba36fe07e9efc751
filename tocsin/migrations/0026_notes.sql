-- The notes page as a document that many edit at once. Its state is what its updates (Yjs, version 1) merge to, in any order; the
-- numbers say only who has seen what. `notes_pages.body` is its text, for reading, export and search.

create table notes_docs (
    incident_id uuid primary key references incidents on delete cascade,
    seq integer not null default 0,
    -- Everything up to `snapshot_seq` in one piece; later updates stand beside.
    snapshot bytea not null,
    snapshot_seq integer not null default 0,
    versioned_at timestamptz
);

create table notes_updates (
    incident_id uuid not null references notes_docs on delete cascade,
    seq integer not null check (seq > 0),
    update bytea not null check (octet_length(update) <= 2000000),
    author_id uuid,
    author text not null,
    at timestamptz not null default clock(),
    primary key (incident_id, seq)
);

-- Where people are in the text; of no worth after half a minute, and not written to the log of the database.
create unlogged table notes_cursors (
    incident_id uuid not null references incidents on delete cascade,
    client text not null check (length(client) between 1 and 40),
    user_id uuid not null references users on delete cascade,
    name text not null,
    place text not null check (length(place) <= 1000),
    at timestamptz not null default clock(),
    primary key (incident_id, client)
);
