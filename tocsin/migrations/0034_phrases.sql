-- Phrases are found by their neighbouring words, and common words from the newest entries on.

-- The pairs of words that stand beside each other, as numbers: a phrase needs all of its pairs, and who has them is looked at.
create function word_pairs(words tsvector) returns integer[] language sql immutable parallel safe
return (
    select array_agg(distinct hashtext(one.lexeme || ' ' || other.lexeme) & 262143)
    from (select lexeme, unnest(positions) as place from unnest(words)) one
    join (select lexeme, unnest(positions) as place from unnest(words)) other on other.place = one.place + 1
);

-- A table beside: writers go on while it fills. An entry of one word has none.
create table entry_pairs (
    stream uuid not null,
    seq integer not null,
    pairs integer[] not null,
    primary key (stream, seq)
);

insert into entry_pairs (stream, seq, pairs)
select w.stream, w.seq, found.pairs
from entry_words w, lateral (select word_pairs(w.words) as pairs offset 0) found where found.pairs is not null;

create index entry_pairs_pairs on entry_pairs using gin (pairs) with (gin_pending_list_limit = 256);

create function pairs_follow_words() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        delete from entry_pairs where stream = old.stream and seq = old.seq;
    end if;
    if tg_op <> 'DELETE' then
        insert into entry_pairs (stream, seq, pairs)
        select new.stream, new.seq, pairs from word_pairs(new.words) as pairs where pairs is not null
        on conflict (stream, seq) do update set pairs = excluded.pairs;
    end if;
    return null;
end $$;

-- From here on writers wait, so it comes after what takes long; what they said, edited and took away meanwhile follows.
create trigger entry_words_pairs after insert or delete or update of words on entry_words
    for each row execute function pairs_follow_words();
delete from entry_pairs p where not exists (select from entry_words w where w.stream = p.stream and w.seq = p.seq);
insert into entry_pairs (stream, seq, pairs)
select w.stream, w.seq, found.pairs
from entry_words w, lateral (select word_pairs(w.words) as pairs offset 0) found
where found.pairs is not null and (
    not exists (select from entry_pairs p where p.stream = w.stream and p.seq = w.seq)
    or (w.stream, w.seq) in (select e.stream, e.amends from entries e where e.amends is not null and e.recorded_at > clock() - interval '1 day')
)
on conflict (stream, seq) do update set pairs = excluded.pairs;

-- How many rows the planner expects: it keeps statistics of words and of pairs.
create function expected_rows(statement text, words tsquery, pairs integer[]) returns float language plpgsql as $$
declare
    plan json;
begin
    execute 'explain (format json) ' || statement into plan using words, pairs;
    return (plan -> 0 -> 'Plan' ->> 'Plan Rows')::float;
end $$;

-- The newest entries that hold the words and that the viewer may see; `exact`: the parts of the query that are meant as they stand.
-- What stands in many entries is met soon from the newest on. That walk ends when it went much further than that takes, because words come
-- and go with the days; then, and at once for what is rare, the indexes say who has them. Asking for permission comes last, newest first.
create function find_entries(viewer uuid, query text, exact text[], before timestamptz, most integer)
returns table (stream uuid, seq integer) language plpgsql rows 30
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    wanted tsquery := to_tsquery('simple', query);
    beside integer[] := (
        select array_agg(distinct pair) from unnest(exact) part, unnest(word_pairs(to_tsvector('simple', part))) pair
    );
    total float := (select greatest(reltuples, 1) from pg_class where oid = 'entry_words'::regclass);
    expected float := expected_rows('select from entry_words where words @@ $1', wanted, beside);
    reach float;
    streams uuid[];
    seqs integer[];
begin
    if beside is not null then
        expected := least(expected, expected_rows('select from entry_pairs where pairs @> $2', wanted, beside));
    end if;
    -- Fetching an entry that an index names costs some thirty times as much as passing one on the way.
    reach := 3 * most * total / greatest(expected, 1);
    while expected > sqrt(most * total / 30) and reach < total loop
        execute 'select array_agg(f.stream), array_agg(f.seq) from ('
            ' select w.stream, w.seq from ('
            '  select * from entry_words where $3 is null or recorded_at < $3 order by recorded_at desc limit $5'
            ' ) w join incidents i on i.id = w.stream where w.words @@ $2 and may_see_incident(i, $1)'
            ' order by w.recorded_at desc limit $4) f'
            into streams, seqs using viewer, wanted, before, most, reach::bigint;
        if cardinality(streams) = most then
            return query select * from unnest(streams, seqs);
            return;
        end if;
        exit when expected < total / 50;
        reach := reach * 5;
    end loop;
    return query execute
        'select w.stream, w.seq from (select w.stream, w.seq, w.recorded_at from entry_words w'
        || case when beside is null then '' else ' join entry_pairs p on p.stream = w.stream and p.seq = w.seq and p.pairs @> $5' end
        || ' where w.words @@ $2 and ($3 is null or w.recorded_at < $3) order by w.recorded_at desc offset 0) w'
        ' join incidents i on i.id = w.stream where may_see_incident(i, $1) order by w.recorded_at desc limit $4'
        using viewer, wanted, before, most, beside;
end $$;
