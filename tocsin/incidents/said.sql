-- name: tie
-- An entry belongs to an earlier one: an edit of its words, or a reply.
insert into entry_ties (incident_id, seq, how, by_seq) values ($1, $2, $3, $4)

-- name: ties
-- engine
-- The entries that edit or answer an entry, in order.
select by_seq from entry_ties where incident_id = $1 and seq = $2 and how = $3 order by by_seq

-- name: newest_words
-- engine
-- The newest words of each entry that was edited, by edits up to a number.
select distinct on (t.seq) t.seq, e.payload ->> 'text' as text
from entry_ties t join entries e on e.stream = t.incident_id and e.seq = t.by_seq
where t.incident_id = $1 and t.how = 'edit' and e.redacted_at is null and ($2::integer is null or t.by_seq <= $2)
order by t.seq, t.by_seq desc

-- name: versions
-- row: tocsin.incidents.said_read.Version
-- engine
-- The words of an entry as they were and are, oldest first; the first is the entry itself.
select e.seq, e.kind, e.recorded_at, e.actor, e.payload, e.redacted_at
from entries e where e.stream = $1 and (e.seq = $2 or e.seq in (
    select by_seq from entry_ties where incident_id = $1 and seq = $2 and how = 'edit'
)) order by e.seq

-- name: extras
-- row: tocsin.incidents.said_read.Extra
-- engine
-- What became of entries after they were written: newest words, replies, pin, reactions as [[emoji, person, name], ...].
select n.seq, t.text, t.mentions, coalesce(t.revisions, 0)::integer as revisions, r.replies::integer as replies,
       p.seq is not null as pinned, coalesce(x.reactions, '[]') as reactions
from unnest($2::integer[]) as n (seq)
left join lateral (
    select e.payload ->> 'text' as text, e.payload -> 'mentions' as mentions, count(*) over () as revisions
    from entry_ties i join entries e on e.stream = $1 and e.seq = i.by_seq
    where i.incident_id = $1 and i.seq = n.seq and i.how = 'edit' order by i.by_seq desc limit 1
) t on true
left join lateral (
    select count(*) as replies from entry_ties i where i.incident_id = $1 and i.seq = n.seq and i.how = 'reply'
) r on true
left join entry_pins p on p.incident_id = $1 and p.seq = n.seq
left join lateral (
    select jsonb_agg(jsonb_build_array(k.emoji, k.user_id, u.name) order by k.first, k.emoji, k.changed_at) as reactions
    from (
        select emoji, user_id, changed_at, min(changed_at) over (partition by emoji) as first
        from entry_reactions where incident_id = $1 and entry_reactions.seq = n.seq and not gone
    ) k join users u on u.id = k.user_id
) x on true

-- name: numbered
-- row: tocsin.record.model.Entry
-- engine
-- These entries of a record, in order.
select stream, stream_type, seq, kind, happened_at, recorded_at, actor_id, actor, door, payload, amends,
       redacted_at, redacted_by, redaction_reason
from entries where stream = $1 and seq = any ($2::integer[]) order by seq

-- name: pin
-- An entry is shown above the record. Answers nothing when it was already.
insert into entry_pins (incident_id, seq, pinned_by) values ($1, $2, $3) on conflict do nothing returning true

-- name: unpin
-- It is not any more.
delete from entry_pins where incident_id = $1 and seq = $2

-- name: pins
-- engine
-- What is pinned, in the order of pinning.
select seq from entry_pins where incident_id = $1 order by pinned_at, seq

-- name: reacts
-- Whether somebody reacts to an entry with this emoji now.
select exists (
    select from entry_reactions where incident_id = $1 and seq = $2 and emoji = $3 and user_id = $4 and not gone
)

-- name: react
-- A reaction, or taking it back; kept either way, so that those who look hear of it.
insert into entry_reactions (incident_id, seq, emoji, user_id, gone, changed_at) values ($1, $2, $3, $4, $5, clock())
on conflict (incident_id, seq, emoji, user_id) do update set gone = excluded.gone, changed_at = excluded.changed_at
where entry_reactions.gone is distinct from excluded.gone

-- name: emojis
-- How many different ones an entry has, this one left out.
select count(distinct emoji) from entry_reactions where incident_id = $1 and seq = $2 and not gone and emoji <> $3

-- name: reacted_since
-- engine
-- Entries whose reactions changed after a moment.
select distinct seq from entry_reactions where incident_id = $1 and changed_at > $2 limit 500

-- name: mention
-- Somebody was addressed, and is to be told.
insert into entry_mentions (incident_id, seq, user_id) select $1, $2, unnest($3::uuid[]) on conflict do nothing

-- name: forget_mentions
-- What addressed them was taken out.
delete from entry_mentions where incident_id = $1 and seq = $2

-- name: role_holders
-- Who holds which role now.
select role, user_id from incident_roles where incident_id = $1

-- name: mentioned_outside
-- row: tocsin.incidents.said_read.Outside
-- Who was addressed in a private incident and may not see it, newest first.
select u.id as user_id, u.name, max(m.seq) as seq
from entry_mentions m join users u on u.id = m.user_id join incidents i on i.id = m.incident_id
where m.incident_id = $1 and i.private and u.disabled_at is null and not may_see_incident(i, m.user_id)
group by u.id, u.name order by max(m.seq) desc limit 10

-- name: mentions_of
-- row: tocsin.incidents.said_read.Mentioned
-- Where somebody was addressed lately and has not looked since, newest first.
select i.key, i.summary, e.seq, e.actor, m.mentioned_at
from entry_mentions m join incidents i on i.id = m.incident_id join entries e on e.stream = m.incident_id and e.seq = m.seq
where m.user_id = $1 and m.mentioned_at > clock() - interval '3 days' and may_see_incident(i, $1)
  and e.redacted_at is null and not exists (
    select from incident_visits v where v.incident_id = m.incident_id and v.user_id = $1 and v.seen_at >= m.mentioned_at
  )
order by m.mentioned_at desc limit 20

-- name: to_tell
-- row: tocsin.incidents.said_read.ToTell
-- Who was addressed by an entry and was not told yet: who may see it, and does not look at the room right now. Marked as told.
with due as (
    update entry_mentions m set told_at = clock()
    from incidents i
    where m.incident_id = $1 and m.seq = $2 and m.told_at is null and i.id = m.incident_id and may_see_incident(i, m.user_id)
    returning m.user_id, m.mentioned_at, i.key, i.private
)
select d.user_id, d.key, d.private from due d
where not exists (
    select from presence p where p.incident_id = $1 and p.user_id = d.user_id and p.seen_at > clock() - interval '1 minute'
)

-- name: waiting_for
-- Entries that addressed somebody who could not see the incident then.
select seq from entry_mentions where incident_id = $1 and user_id = $2 and told_at is null order by seq

-- name: blank_update
-- The words of an update that were taken out of the record.
update incident_updates set state = '(taken out)', status_now = '{}', next_steps = '{}', unknowns = ''
where incident_id = $1 and seq = $2

-- name: blank_offer
-- The brief of an offered role that was taken out of the record: whoever is asked again reads it no more.
update role_offers set brief = '' where incident_id = $1 and id = $2

-- name: item_entries
-- engine
-- All entries about what people work on under this number: each says its words again.
select e.seq from entries e
where e.stream = $1 and (e.seq = $2 or e.payload ->> 'seq' = $2::integer::text) and e.kind ~ $3 order by e.seq

-- name: blank_item
-- Its words in the panels, likewise.
update incident_items set text = '(taken out)', why = '', undo = '', outcome = '', evidence = '{}'
where incident_id = $1 and seq = $2

-- name: added_again
-- engine
-- The entries about one thing that say what somebody added to it.
select e.seq from entries e
where e.stream = $1 and e.payload ->> 'seq' = $2::integer::text
  and ($3::text in (e.payload ->> 'evidence', e.payload ->> 'why', e.payload ->> 'outcome') or e.payload -> 'all' ? $3::text)
order by e.seq

-- name: blank_added
-- What was added, out of the panels.
update incident_items set outcome = case when outcome = $3 then '' else outcome end, evidence = array_remove(evidence, $3)
where incident_id = $1 and seq = $2

-- name: start_call
-- People talk. Answers nothing when they did already.
insert into incident_calls (incident_id) values ($1)
on conflict (incident_id) do update set began_at = clock(), ended_at = null
where incident_calls.ended_at is not null or incident_calls.began_at < clock() - interval '12 hours'
returning true

-- name: end_call
-- They do not any more.
update incident_calls set ended_at = clock() where incident_id = $1 and ended_at is null

-- name: on_a_call
-- Whether people talk.
select exists (
    select from incident_calls where incident_id = $1 and ended_at is null and began_at > clock() - interval '12 hours'
)

-- name: key_of
-- engine
-- What an incident is called.
select key from incidents where id = $1

-- name: who_sees
-- Who may see a private incident.
select u.id from users u, incidents i where i.id = $1 and u.disabled_at is null and may_see_incident(i, u.id)

-- name: zone_of
-- On which clock somebody lives.
select time_zone from users where id = $1
