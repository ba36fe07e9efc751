-- name: add_user
-- An account; without a password hash it waits for its invitation.
insert into users (id, email, name, password_hash, role, time_zone, locale) values ($1, $2, $3, $4, $5, $6, $7)

-- name: user_by_id
-- row: User
-- One user.
select id, email, name, role, time_zone, locale, created_at, disabled_at, password_hash is null as invited
from users where id = $1

-- name: user_by_email
-- row: User
-- Addresses are compared without case.
select id, email, name, role, time_zone, locale, created_at, disabled_at, password_hash is null as invited
from users where lower(email) = lower($1)

-- name: users_by_proven_mail
-- row: User
-- Whose mail address it is, as proven by a link that came back; nobody who is disabled.
select id, email, name, role, time_zone, locale, created_at, disabled_at, password_hash is null as invited
from users u where disabled_at is null and exists (
    select from contact_methods m
    where m.user_id = u.id and m.transport = 'email' and m.verified_at is not null and lower(m.address) = lower($1))
limit 2

-- name: users
-- row: User
-- Everybody, by name.
select id, email, name, role, time_zone, locale, created_at, disabled_at, password_hash is null as invited
from users order by disabled_at is not null, lower(name)

-- name: any_user
-- Whether the first start is over.
select exists (select from users)

-- name: lock_admins
-- Orders changes of roles, so that two administrators cannot remove each other at the same moment.
select id from users where role = 'admin' and disabled_at is null and password_hash is not null order by id for update

-- name: credentials
-- row: Credentials
-- For sign-in.
select id as user_id, password_hash, disabled_at from users where lower(email) = lower($1)

-- name: change_profile
-- What people change themselves; answers the zone that was there.
with before as (select id, time_zone from users where id = $1)
update users set name = $2, time_zone = $3, locale = $4 from before where users.id = before.id returning before.time_zone

-- name: working_of
-- row: Working
-- Somebody's country and working hours.
select country, subdivision, work_starts, work_ends, work_days from users where id = $1

-- name: change_working
-- What people change themselves.
update users set country = $2, subdivision = $3, work_starts = $4, work_ends = $5, work_days = $6 where id = $1

-- name: set_password
-- A new hash.
update users set password_hash = $2 where id = $1

-- name: set_role
-- The new role; answers the old one.
with before as (select id, role from users where id = $1)
update users set role = $2 from before where users.id = before.id returning before.role

-- name: set_disabled
-- Disabled people are not paged and not signed in.
update users set disabled_at = case when $2 then coalesce(disabled_at, clock()) end where id = $1

-- name: add_contact_method
-- At the end of the person's list.
insert into contact_methods (id, user_id, transport, address, label, secret, position, verified_at)
values ($1, $2, $3, $4, $5, $6,
        (select coalesce(max(position), 0) + 1 from contact_methods where user_id = $2),
        case when $7 then clock() end)

-- name: move_contact_method
-- The same device at another address. One that is there already stays as it is.
update contact_methods m set address = $2, secret = $3
where m.id = $1 and not exists (select from contact_methods o
    where o.user_id = m.user_id and o.transport = m.transport and o.address = $2 and o.id <> m.id)

-- name: remove_contact_method
-- Its rules go with it.
delete from contact_methods where id = $1 and user_id = $2 returning address

-- name: verify_contact_method
-- A link that was sent to it came back; answers whose it is.
update contact_methods set verified_at = coalesce(verified_at, clock()) where id = $1 returning user_id

-- name: verify_email
-- An invitation or reset that came back proves the address too.
update contact_methods set verified_at = coalesce(verified_at, clock())
where user_id = $1 and transport = 'email' and lower(address) = (select lower(email) from users where id = $1)

-- name: contact_methods
-- row: ContactMethod
-- A person's, in their order.
select id, user_id, transport, address, label, secret is not null as has_secret, created_at, verified_at
from contact_methods where user_id = $1 order by position, created_at

-- name: secret_of_method
-- What is sealed beside a contact method.
select secret from contact_methods where id = $1

-- name: contact_method_by_id
-- row: ContactMethod
-- One of them.
select id, user_id, transport, address, label, secret is not null as has_secret, created_at, verified_at
from contact_methods where id = $1

-- name: keep_default_rules
-- The rules of whoever uses the defaults follow their contact methods.
select keep_default_rules($1)

-- name: set_own_rules
-- Whether somebody's rules are their own; answers whether that is news.
update users set own_rules = $2 where id = $1 and own_rules <> $2 returning true

-- name: has_own_rules
-- Whether somebody's rules are their own.
select own_rules from users where id = $1

-- name: add_rule
-- When to use which contact method; the same rule twice is one.
insert into notification_rules (id, user_id, urgency, contact_method_id, delay_s)
select $1, $2, $3, id, $5 from contact_methods where id = $4 and user_id = $2
on conflict (user_id, urgency, contact_method_id, delay_s) do nothing

-- name: remove_rule
-- One's own only.
delete from notification_rules where id = $1 and user_id = $2

-- name: rules
-- row: NotificationRule
-- A person's, in the order they are used.
select r.id, r.user_id, r.urgency, r.contact_method_id, r.delay_s, m.transport, m.address
from notification_rules r join contact_methods m on m.id = r.contact_method_id
where r.user_id = $1 order by r.urgency, r.delay_s, m.position

-- name: add_team
-- A team.
insert into teams (id, name, description) values ($1, $2, $3)

-- name: change_team
-- Name and description.
update teams set name = $2, description = $3 where id = $1

-- name: set_paging_rule
-- How the team is paged when a policy names it; answers its name and what it was.
update teams t set paging_rule = $2 from (select id, paging_rule from teams where id = $1 for update) old
where t.id = old.id returning t.name, old.paging_rule as before

-- name: remove_team
-- What it owned stays, without an owner.
delete from teams where id = $1 returning name

-- name: teams
-- row: Team
-- All teams, by name.
select t.id, t.name, t.description, t.paging_rule, t.created_at, count(m.user_id)::integer as members
from teams t left join team_members m on m.team_id = t.id
group by t.id order by lower(t.name)

-- name: members
-- row: Member
-- Who is in which team.
select m.team_id, m.user_id, u.name, u.time_zone, m.role
from team_members m join users u on u.id = m.user_id
where $1::uuid is null or m.team_id = $1
order by m.role, lower(u.name)

-- name: add_member
-- Adds, or changes the role of somebody who is in it.
insert into team_members (team_id, user_id, role) values ($1, $2, $3)
on conflict (team_id, user_id) do update set role = excluded.role

-- name: remove_member
-- Out of the team.
delete from team_members where team_id = $1 and user_id = $2

-- name: is_team_admin
-- Whether somebody may change the team.
select exists (select from team_members where team_id = $1 and user_id = $2 and role = 'admin')

-- name: add_session
-- The cookie's value is stored only as its hash.
insert into sessions (hash, user_id, expires_at, address, user_agent) values ($1, $2, clock() + $3, $4, $5)

-- name: session
-- row: Session
-- engine
-- A session in force.
select hash, user_id, created_at, seen_at, expires_at, address, user_agent
from sessions where hash = $1 and expires_at > clock()

-- name: is_signed_in
-- Whether a session is in force and its account may sign in.
select exists (
    select from sessions s join users u on u.id = s.user_id where s.hash = $1 and s.expires_at > clock() and u.disabled_at is null
)

-- name: touch_session
-- Sliding expiry; at most once a minute, so that reading costs no write.
update sessions set seen_at = clock(), expires_at = clock() + $2
where hash = $1 and seen_at < clock() - interval '1 minute'

-- name: sessions_of
-- row: Session
-- Where somebody is signed in.
select hash, user_id, created_at, seen_at, expires_at, address, user_agent
from sessions where user_id = $1 and expires_at > clock() order by seen_at desc

-- name: last_seen
-- When each person was here last, as far as a session still knows it.
select user_id, max(seen_at) as seen_at from sessions group by user_id

-- name: end_session
-- Signs one browser out; answers whose it was.
delete from sessions where hash = $1 returning user_id

-- name: end_sessions
-- Signs out everywhere, perhaps except here.
delete from sessions where user_id = $1 and hash is distinct from $2

-- name: forget_sessions
-- Those that ended by themselves, with used-up links and old throttles.
with links as (delete from one_time_links where expires_at < clock() - interval '30 days'),
     tries as (delete from throttles where window_ends_at < clock())
delete from sessions where expires_at < clock()

-- name: add_token
-- The secret is stored only as its hash; the hint tells tokens apart.
insert into tokens (id, user_id, name, hash, hint, scopes, created_by, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: tokens_of
-- row: Token
-- Somebody's tokens and, for null, the organisation's.
select t.id, t.user_id, u.name as owner, t.name, t.hint, t.scopes, t.created_at, t.expires_at, t.used_at, t.revoked_at
from tokens t left join users u on u.id = t.user_id
where t.user_id is not distinct from $1 and t.revoked_at is null
order by t.created_at desc

-- name: token
-- engine
-- A token in force, with what its owner may do.
select t.id, t.user_id, t.name, t.scopes, u.name as user_name, u.role
from tokens t left join users u on u.id = t.user_id
where t.hash = $1 and t.revoked_at is null and (t.expires_at is null or t.expires_at > clock())
  and (t.user_id is null or u.disabled_at is null)

-- name: touch_token
-- At most once a minute.
update tokens set used_at = clock()
where hash = $1 and (used_at is null or used_at < clock() - interval '1 minute')

-- name: revoke_token
-- One's own, or any for administrators (null).
update tokens set revoked_at = clock()
where id = $1 and revoked_at is null and ($2::uuid is null or user_id = $2)
returning name

-- name: add_link
-- A link that works once; only its hash is stored.
insert into one_time_links (hash, purpose, user_id, contact_method_id, expires_at)
values ($1, $2, $3, $4, clock() + $5)

-- name: link
-- row: Link
-- engine
-- A link that still works.
select l.purpose, l.user_id, l.contact_method_id, u.email, u.name
from one_time_links l left join users u on u.id = l.user_id
where l.hash = $1 and l.used_at is null and l.expires_at > clock() and u.disabled_at is null

-- name: use_link
-- Once: of two who use it at the same moment, one gets no row.
update one_time_links set used_at = clock()
where hash = $1 and purpose = $2 and used_at is null and expires_at > clock()
returning user_id, contact_method_id

-- name: end_links
-- A newer link of the same kind replaces the older ones.
update one_time_links set used_at = clock()
where purpose = $1 and user_id is not distinct from $2 and used_at is null

-- name: count_try
-- One more failed try in the window; answers how many, and when the window ends.
insert into throttles (key, tries, window_ends_at) values ($1, 1, clock() + $2)
on conflict (key) do update set
    tries = case when throttles.window_ends_at < clock() then 1 else throttles.tries + 1 end,
    window_ends_at = case when throttles.window_ends_at < clock() then clock() + $2 else throttles.window_ends_at end
returning tries, window_ends_at

-- name: tries
-- How often it was tried in the window that runs.
select tries, window_ends_at from throttles where key = $1 and window_ends_at >= clock()

-- name: forget_tries
-- After a success.
delete from throttles where key = $1
