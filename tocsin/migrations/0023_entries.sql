-- Words of the record: found by searching, edited, pinned, answered, reacted to, addressed to people.

-- What somebody can look for in a payload: every text in it but ids and moments.
create function searchable(payload jsonb) returns text language sql immutable parallel safe
return (
    select left(string_agg(found #>> '{}', ' '), 200000)
    from jsonb_path_query(payload, 'strict $.** ? (@.type() == "string")') as found
    where found #>> '{}' !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
      and found #>> '{}' !~ '^\d{4}-\d\d-\d\dT\d\d:\d\d'
);

-- The words of entries of incidents, beside them: entries are append-only, and the large table is neither rewritten nor locked
-- while this fills. Of a line that was edited it holds the newest words; of a redacted one, none.
create table entry_words (
    stream uuid not null,
    seq integer not null,
    recorded_at timestamptz not null,
    words tsvector not null,
    primary key (stream, seq)
);

insert into entry_words (stream, seq, recorded_at, words)
select e.stream, e.seq, e.recorded_at, to_tsvector('simple', searchable(e.payload))
from entries e
where e.stream_type = 'incident' and e.redacted_at is null and e.amends is null and searchable(e.payload) is not null;

create index entry_words_words on entry_words using gin (words) with (gin_pending_list_limit = 256);
create index entry_words_recorded_at on entry_words (recorded_at desc);

create function words_follow_entries() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' then
        delete from entry_words where stream = new.stream and seq = new.seq;
    elsif new.amends is not null then
        update entry_words set words = to_tsvector('simple', coalesce(searchable(new.payload), ''))
        where stream = new.stream and seq = new.amends;
    else
        insert into entry_words (stream, seq, recorded_at, words)
        select new.stream, new.seq, new.recorded_at, to_tsvector('simple', text)
        from searchable(new.payload) as text where text is not null
        on conflict (stream, seq) do nothing;
    end if;
    return null;
end $$;

-- From here on writers wait, so it comes after what takes long; what they added meanwhile is fetched.
create trigger entries_words after insert or update on entries
    for each row when (new.stream_type = 'incident') execute function words_follow_entries();
insert into entry_words (stream, seq, recorded_at, words)
select e.stream, e.seq, e.recorded_at, to_tsvector('simple', searchable(e.payload))
from entries e
where e.stream_type = 'incident' and e.redacted_at is null and e.amends is null and searchable(e.payload) is not null
  and e.recorded_at > coalesce((select max(w.recorded_at) from entry_words w), '-infinity') - interval '10 minutes'
on conflict (stream, seq) do nothing;

-- The newest entries that hold the words and that the viewer may see. Planned anew each time, with the words at hand: a word
-- that stands everywhere is met soon from the newest on, a rare one by the index.
create function search_entries(viewer uuid, query text, before timestamptz, most integer)
returns table (stream uuid, seq integer) language plpgsql stable rows 30 as $$
begin
    return query execute
        'select w.stream, w.seq from entry_words w join incidents i on i.id = w.stream'
        ' where w.words @@ to_tsquery(''simple'', $2) and may_see_incident(i, $1)'
        ' and ($3 is null or w.recorded_at < $3) order by w.recorded_at desc limit $4'
        using viewer, query, before, most;
end $$;

-- Entries that belong to an earlier one of the same record: edits of its words, and replies to it.
create table entry_ties (
    incident_id uuid not null references incidents on delete cascade,
    seq integer not null,
    how text not null check (how in ('edit', 'reply')),
    by_seq integer not null,
    primary key (incident_id, seq, how, by_seq)
);

create table entry_pins (
    incident_id uuid not null references incidents on delete cascade,
    seq integer not null,
    pinned_at timestamptz not null default clock(),
    pinned_by text not null,
    primary key (incident_id, seq)
);

-- One row per person and emoji; taken back, it stays, so that those who look hear of it.
create table entry_reactions (
    incident_id uuid not null references incidents on delete cascade,
    seq integer not null,
    emoji text not null check (length(emoji) between 1 and 16),
    user_id uuid not null references users on delete cascade,
    gone boolean not null default false,
    changed_at timestamptz not null default clock(),
    primary key (incident_id, seq, emoji, user_id)
);
create index entry_reactions_changed_at on entry_reactions (incident_id, changed_at);

-- Who was addressed with @, and whether they were told outside the room.
create table entry_mentions (
    incident_id uuid not null references incidents on delete cascade,
    seq integer not null,
    user_id uuid not null references users on delete cascade,
    mentioned_at timestamptz not null default clock(),
    told_at timestamptz,
    primary key (incident_id, seq, user_id)
);
create index entry_mentions_user_id on entry_mentions (user_id, mentioned_at desc);

-- Somebody said that people talk right now: the scribe is asked to write down what they hear.
create table incident_calls (
    incident_id uuid primary key references incidents on delete cascade,
    began_at timestamptz not null default clock(),
    ended_at timestamptz
);
