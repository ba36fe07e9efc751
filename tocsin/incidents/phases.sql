-- name: turns
-- row: tocsin.incidents.phases.Turn
-- engine
-- When an incident came into another state, from its record. Of an update whose words were taken out it is not known any more.
select e.happened_at as at, case
    when e.kind in ('incident_resolved', 'incident_cancelled', 'incident_merged') then 'resolved'
    when e.kind = 'incident_reopened' then 'investigating'
    else e.payload ->> 'status' end as status
from entries e
where e.stream = $1 and (e.redacted_at is null or e.kind not in ('status_changed', 'update_published'))
  and e.kind in ('status_changed', 'update_published', 'incident_resolved', 'incident_cancelled', 'incident_merged', 'incident_reopened')
order by e.seq
