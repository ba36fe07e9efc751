-- name: open_with_part
-- row: tocsin.incidents.now.Open
-- Open incidents with the viewer's part in each: late ones first, then by severity, the oldest first. Without a viewer: those that
-- are not private.
select c.id, c.key, c.summary, c.severity, c.status, c.private, c.declared_at, c.update_due_at, c.manager, c.service,
       coalesce(c.update_due_at <= clock(), false) as late,
       array(select d.title from incident_roles r join role_definitions d on d.name = r.role
             where r.incident_id = c.id and r.user_id = $1 order by r.role) as roles,
       exists (select from incident_responders p where p.incident_id = c.id and p.user_id = $1 and p.left_at is null) as takes_part
from listed_incidents($1) c
where c.resolved_at is null and ($1::uuid is not null or not c.private)
order by coalesce(c.update_due_at <= clock(), false) desc, c.severity, c.declared_at limit $2

-- name: recent
-- row: tocsin.incidents.now.Recent
-- engine
-- What happened lately in the incidents that the viewer may see: of each the newest acts ($3 at most) and its newest message, with
-- how many of both there were. The incident that moved last is first.
select key, summary, seq, kind, happened_at, actor, payload, acts, messages from (
    select i.key, i.summary, e.seq, e.kind, e.happened_at, e.actor, e.payload,
           row_number() over (partition by e.stream, e.kind = 'message' order by e.seq desc) as place,
           count(*) filter (where e.kind <> 'message') over (partition by e.stream) as acts,
           count(*) filter (where e.kind = 'message') over (partition by e.stream) as messages,
           max(e.recorded_at) over (partition by e.stream) as moved_at
    from entries e join incidents i on i.id = e.stream
    where e.stream_type = 'incident' and e.recorded_at > $2 and e.redacted_at is null and may_see_incident(i, $1)
) x
where place <= case when kind = 'message' then 1 else $3::integer end
order by moved_at desc, key, seq desc limit 200
