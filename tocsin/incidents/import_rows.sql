-- name: insert_item
-- What somebody worked on; nobody is asked about it any more.
insert into incident_items (incident_id, seq, kind, state, text, owner_id, owner, why, undo, outcome, evidence, due_at, fresh_at,
                            nudged_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)

-- name: insert_update
-- An update as its audience got it, there.
insert into incident_updates (id, incident_id, seq, audience, state, status_now, next_steps, unknowns, status,
                              next_update_at, author, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: insert_ties
-- Which entries edit or answer an earlier one: an entry's words are taken out together with its edits.
insert into entry_ties (incident_id, how, by_seq, seq) select $1, $2, t.by_seq, t.seq
from unnest($3::integer[], $4::integer[]) as t (by_seq, seq)
