-- Roles that an organisation names itself, offers of a role that the other side accepts, and how people take part.

create table role_definitions (
    -- What the record calls it; its title may change.
    name text primary key check (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    title text not null check (length(title) between 1 and 60),
    position integer not null,
    instructions text not null default '' check (length(instructions) <= 5000),
    -- `named`: only members of its teams and its people, unless there is a reason in an emergency.
    who text not null default 'anybody' check (who in ('anybody', 'named')),
    shipped boolean not null default false,
    archived_at timestamptz
);
create unique index role_definitions_title on role_definitions (lower(title)) where archived_at is null;
insert into role_definitions (name, title, position, shipped, instructions) values
    ('incident_manager', 'Incident manager', 1, true,
     E'Coordinate; leave the repairing to others.\nSee that each of the other roles has somebody.\nAsk for one thing at a time, of one person by name, and say by when.\nKeep the severity and the status true. Decide when nobody else does.\nLook for your relief before you are tired.'),
    ('tech_lead', 'Tech lead', 2, true,
     E'Find out what is broken, and choose what is tried next.\nSay what you believe and why, so that others can disprove it.\nStop the harm first; find the cause afterwards.\nSee that no two people do the same thing, and that each change is in the record before it is made.'),
    ('communications_manager', 'Communications manager', 3, true,
     E'Write the updates, and keep the time that was promised for the next one.\nSay what is known, what is not, and when you write again. Do not guess at causes.\nKeep questions from outside away from those who repair.'),
    ('scribe', 'Scribe', 4, true,
     E'Write down what is said on the call and nowhere else: findings, decisions and who does what.\nAsk when something was unclear. Backfill what was missed with its own time.');

-- Who may take a role that is not for anybody: members of a team, or a person who was trained for it.
create table role_eligible (
    role text not null references role_definitions on delete cascade,
    team_id uuid references teams on delete cascade,
    user_id uuid references users on delete cascade,
    check (num_nonnulls(team_id, user_id) = 1)
);
create unique index role_eligible_team on role_eligible (role, team_id) where team_id is not null;
create unique index role_eligible_user on role_eligible (role, user_id) where user_id is not null;
create index role_eligible_team_id on role_eligible (team_id);
create index role_eligible_user_id on role_eligible (user_id);

create function may_take_role(wanted text, person uuid) returns boolean language sql stable
return exists (
    select from role_definitions d where d.name = wanted and d.who = 'anybody'
) or exists (
    select from role_eligible e where e.role = wanted and (
        e.user_id = person
        or exists (select from team_members m where m.team_id = e.team_id and m.user_id = person))
);

-- The four shipped names were written into the table's check; now they are rows.
-- squawk-ignore ban-drop-constraint
alter table incident_roles drop constraint incident_roles_role_check;
alter table incident_roles add constraint incident_roles_role foreign key (role) references role_definitions not valid;

-- A role that is offered to somebody. Until it has moved the holder keeps it.
create table role_offers (
    id uuid primary key,
    incident_id uuid not null references incidents on delete cascade,
    role text not null references role_definitions,
    to_user_id uuid not null references users on delete cascade,
    -- Who held it then; none: nobody did.
    from_user_id uuid references users on delete set null,
    by_user_id uuid references users on delete set null,
    brief text not null default '' check (length(brief) <= 5000),
    -- A planned hand-over moves then, if it was accepted; none: at once.
    effective_at timestamptz,
    state text not null default 'open'
        check (state in ('open', 'accepted', 'moved', 'declined', 'withdrawn', 'lapsed')),
    why text not null default '' check (length(why) <= 500),
    created_at timestamptz not null default clock(),
    answered_at timestamptz,
    -- How often it was asked for, and when somebody has to look at it again: ask, remind, move or let lapse.
    asked integer not null default 1,
    next_at timestamptz,
    constraint waits check ((state in ('open', 'accepted')) = (next_at is not null))
);
create unique index role_offers_waiting on role_offers (incident_id, role) where next_at is not null;
create index role_offers_next_at on role_offers (next_at) where next_at is not null;
create index role_offers_to_user_id on role_offers (to_user_id) where next_at is not null;

-- How somebody takes part: busy with it, or only watching.
alter table incident_responders add column part text not null default 'on_it';
alter table incident_responders add constraint part_known check (part in ('on_it', 'watching')) not valid;
-- Sent off with thanks; none: left by themselves.
alter table incident_responders add column released_by uuid;
alter table incident_responders add constraint released_by_user foreign key (released_by) references users
    on delete set null not valid;

-- Who was asked to come. Until they do they are expected.
create table incident_invitations (
    incident_id uuid not null references incidents on delete cascade,
    user_id uuid not null references users on delete cascade,
    invited_by text not null,
    why text not null default '' check (length(why) <= 500),
    invited_at timestamptz not null default clock(),
    primary key (incident_id, user_id)
);
create index incident_invitations_user_id on incident_invitations (user_id);
