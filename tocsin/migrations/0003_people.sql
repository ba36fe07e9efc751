-- People: users, teams, how to reach them, sessions and tokens; and the audit log of administrative acts.

create table users (
    id uuid primary key,
    email text not null check (length(email) between 3 and 254),
    name text not null check (length(name) between 1 and 200),
    password_hash text,
    role text not null default 'member' check (role in ('admin', 'member', 'viewer')),
    time_zone text not null default 'UTC',
    locale text not null default 'en',
    created_at timestamptz not null default clock(),
    disabled_at timestamptz
);
create unique index users_email on users (lower(email));

create table teams (
    id uuid primary key,
    name text not null check (length(name) between 1 and 100),
    description text not null default '',
    created_at timestamptz not null default clock()
);
create unique index teams_name on teams (lower(name));

create table team_members (
    team_id uuid not null references teams on delete cascade,
    user_id uuid not null references users on delete cascade,
    role text not null default 'member' check (role in ('admin', 'member')),
    primary key (team_id, user_id)
);
create index team_members_user_id on team_members (user_id);

create table contact_methods (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    transport text not null,
    address text not null check (length(address) between 1 and 2000),
    label text not null default '',
    -- Sealed with the master key: for example the signing secret of a webhook.
    secret bytea,
    position integer not null default 0,
    created_at timestamptz not null default clock(),
    verified_at timestamptz,
    unique (user_id, transport, address)
);

create table notification_rules (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    urgency text not null check (urgency in ('high', 'low')),
    contact_method_id uuid not null references contact_methods on delete cascade,
    delay_s integer not null default 0 check (delay_s between 0 and 86400),
    unique (user_id, urgency, contact_method_id, delay_s)
);

create table sessions (
    -- SHA-256 of the cookie's value: a copy of the database signs nobody in.
    hash bytea primary key,
    user_id uuid not null references users on delete cascade,
    created_at timestamptz not null default clock(),
    seen_at timestamptz not null default clock(),
    expires_at timestamptz not null,
    address text not null default '',
    user_agent text not null default ''
);
create index sessions_user_id on sessions (user_id);

create table tokens (
    id uuid primary key,
    -- Null for a service token, which belongs to the organisation.
    user_id uuid references users on delete cascade,
    name text not null check (length(name) between 1 and 100),
    hash bytea not null unique,
    hint text not null,
    scopes text[] not null,
    created_at timestamptz not null default clock(),
    created_by uuid references users on delete set null,
    expires_at timestamptz,
    used_at timestamptz,
    revoked_at timestamptz
);
create index tokens_user_id on tokens (user_id);

-- Links that work once: set-up, invitation, password reset, verification of a contact method.
create table one_time_links (
    hash bytea primary key,
    purpose text not null check (purpose in ('setup', 'invitation', 'reset', 'verification')),
    user_id uuid references users on delete cascade,
    contact_method_id uuid references contact_methods on delete cascade,
    created_at timestamptz not null default clock(),
    expires_at timestamptz not null,
    used_at timestamptz
);

-- Failed tries per account and per address, in a window that starts at the first one.
create table throttles (
    key text primary key,
    tries integer not null,
    window_ends_at timestamptz not null
);

create table audit_entries (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock(),
    actor_id uuid,
    actor text not null,
    door text not null,
    verb text not null,
    subject text not null,
    before jsonb,
    after jsonb
);
create index audit_entries_at on audit_entries (at desc);

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is append-only' using errcode = 'restrict_violation';
end $$;
create trigger audit_append_only before update or delete on audit_entries
    for each row execute function audit_is_append_only();
create trigger audit_never_truncated before truncate on audit_entries
    for each statement execute function audit_is_append_only();
