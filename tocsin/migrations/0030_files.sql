-- Files of an incident: what stands in its record, and where its bytes are. The same bytes are kept once per incident.

create table incident_files (
    id uuid primary key,
    incident_id uuid not null references incidents on delete cascade,
    seq integer not null,
    name text not null check (length(name) between 1 and 200),
    media text not null,
    size bigint not null check (size between 1 and 100000000),
    sha256 text not null check (length(sha256) = 64),
    width integer,
    height integer,
    unique (incident_id, seq)
);
create index incident_files_sha256 on incident_files (incident_id, sha256);
