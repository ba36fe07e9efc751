-- squawk-ignore-file require-concurrent-index-creation
-- Recordings of calls, and what was said on them: files that began at a moment, and lines with their offsets.

-- When a recording began; of other files it is not known. What is there fits the wider limit already.
alter table incident_files add column began_at timestamptz;
-- squawk-ignore ban-drop-constraint
alter table incident_files drop constraint incident_files_size_check;
alter table incident_files add constraint incident_files_size_check check (size between 1 and 10000000000) not valid;

-- A transcript stands in the record as one entry, which has the same number; its lines are beside the record.
create table incident_transcripts (
    incident_id uuid not null references incidents on delete cascade,
    seq integer not null,
    name text not null check (length(name) between 1 and 200),
    began_at timestamptz not null,
    length_ms integer not null check (length_ms between 0 and 86400000),
    cues integer not null check (cues >= 1),
    speakers integer not null check (speakers >= 0),
    primary key (incident_id, seq)
);

-- What somebody said, so long after the beginning. `told_seq`: the entry that puts the line on the timeline.
create table transcript_cues (
    incident_id uuid not null,
    seq integer not null,
    n integer not null check (n >= 1),
    starts_ms integer not null check (starts_ms between 0 and 86400000),
    ends_ms integer check (ends_ms between starts_ms and 86400000),
    speaker text not null check (length(speaker) <= 100),
    user_id uuid references users on delete set null,
    text text not null check (length(text) between 1 and 5000),
    told_seq integer,
    words tsvector not null generated always as (to_tsvector('simple', speaker || ' ' || text)) stored,
    primary key (incident_id, seq, n),
    foreign key (incident_id, seq) references incident_transcripts on delete cascade
);
create index transcript_cues_words on transcript_cues using gin (words);
create index transcript_cues_user_id on transcript_cues (user_id) where user_id is not null;

-- The newest lines that hold the words and that the viewer may see; planned with the words at hand, as entries are.
create function search_cues(viewer uuid, query text, most integer)
returns table (incident_id uuid, seq integer, n integer) language plpgsql stable rows 20 as $$
begin
    return query execute
        'select c.incident_id, c.seq, c.n from transcript_cues c join incidents i on i.id = c.incident_id'
        ' where c.words @@ to_tsquery(''simple'', $2) and may_see_incident(i, $1)'
        ' order by c.incident_id desc, c.seq desc, c.n limit $3'
        using viewer, query, most;
end $$;

-- Whether an entry is a transcript in which a line holds the words.
create function said_in_transcript(entry entries, query text) returns boolean language sql stable
return entry.kind = 'transcript_attached' and exists (
    select from transcript_cues c
    where c.incident_id = entry.stream and c.seq = entry.seq and c.words @@ to_tsquery('simple', query)
);
