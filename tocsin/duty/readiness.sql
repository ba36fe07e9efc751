-- name: methods
-- row: tocsin.duty.readiness.Method
-- The contact methods of people, each with its last weekly test.
select m.id, m.user_id, m.transport, m.address, m.label, m.verified_at, x.reason as unusable,
    (select min(r.delay_s) from notification_rules r where r.contact_method_id = m.id and r.urgency = 'high') as delay_s,
    m.position, t.sent_at, d.state, t.receipt_at,
    (select count(*)::integer from (
        select f.state from (
            select p.delivery_id, p.sent_at from method_tests p where p.contact_method_id = m.id
            order by p.sent_at desc limit 2
        ) last join deliveries f on f.id = last.delivery_id
    ) two where two.state = 'failed') as failed_in_row,
    (select min(p.sent_at) from method_tests p where p.contact_method_id = m.id and p.sent_at > coalesce(
        (select max(c.sent_at) from method_tests c where c.contact_method_id = m.id and c.receipt_at is not null),
        '-infinity')) as unproven_since
from contact_methods m
left join unusable_methods x on x.contact_method_id = m.id
left join lateral (
    select p.delivery_id, p.sent_at, p.receipt_at from method_tests p where p.contact_method_id = m.id
    order by p.sent_at desc limit 1
) t on true
left join deliveries d on d.id = t.delivery_id
where m.user_id = any ($1::uuid[])
order by m.user_id, m.position, m.created_at

-- name: names
-- Who they are.
select id, name from users where id = any ($1::uuid[]) and disabled_at is null

-- name: people_of_schedule
-- Who stands in a schedule, or has a coming shift there.
select p.user_id from rotation_participants p join rotations r on r.id = p.rotation_id
where r.schedule_id = $1 and p.user_id is not null
union
select m.user_id from rotation_participants p join rotations r on r.id = p.rotation_id
join team_members m on m.team_id = p.team_id where r.schedule_id = $1
union
select s.user_id from shifts s where s.schedule_id = $1 and s.ends_at > clock()

-- name: soon_on_call
-- engine
-- Who has a shift within a week, or is on call now.
select distinct s.user_id from shifts s
where s.ends_at > clock() and s.starts_at < clock() + interval '7 days'

-- name: next_starts
-- engine
-- When each of these people is next put on call in each schedule, and who answers for it. A shift that goes on for the same
-- person is no start.
select distinct on (s.user_id, s.schedule_id) s.user_id, s.schedule_id, c.name as schedule, s.starts_at, u.time_zone,
    array(select o.user_id from schedule_owners(s.schedule_id) o) as owners
from shifts s
join schedules c on c.id = s.schedule_id and c.archived_at is null
join users u on u.id = s.user_id
where s.user_id = any ($1::uuid[]) and s.starts_at > clock() and s.starts_at <= clock() + interval '7 days'
  and not exists (select from shifts b where b.user_id = s.user_id and b.schedule_id = s.schedule_id
                    and b.ends_at >= s.starts_at and b.starts_at < s.starts_at)
order by s.user_id, s.schedule_id, s.starts_at

-- name: due_tests
-- engine
-- Verified contact methods of people with a shift within two weeks, that had no weekly test for a week.
select m.id, m.user_id, m.transport, m.address, u.name, u.time_zone, u.work_starts, u.work_ends, u.work_days
from contact_methods m
join users u on u.id = m.user_id and u.disabled_at is null
where m.verified_at is not null and not exists (select from unusable_methods x where x.contact_method_id = m.id)
  and exists (select from shifts s where s.user_id = u.id and s.ends_at > clock()
              and s.starts_at < clock() + interval '14 days')
  and not exists (select from method_tests t where t.contact_method_id = m.id
                  and t.sent_at > clock() - interval '6 days 12 hours')
order by m.user_id, m.position

-- name: queue_test
-- The quiet message of a weekly test.
insert into deliveries (user_id, contact_method_id, transport, address, purpose, message)
values ($1, $2, $3, $4, 'test', $5) returning id

-- name: add_test
-- Whose receipt is waited for.
insert into method_tests (id, contact_method_id, delivery_id) values ($1, $2, $3)

-- name: lock_method
-- Two processes must not test the same method at once.
select pg_advisory_xact_lock(hashtextextended('method_test', 0))

-- name: test_by_id
-- A weekly test, and whose it is.
select t.id, t.receipt_at, t.sent_at, m.transport, m.label, u.id as user_id, u.name, u.role, u.disabled_at,
    u.time_zone
from method_tests t join contact_methods m on m.id = t.contact_method_id join users u on u.id = m.user_id
where t.id = $1

-- name: confirm
-- The first receipt counts.
update method_tests set receipt_at = coalesce(receipt_at, clock()) where id = $1
