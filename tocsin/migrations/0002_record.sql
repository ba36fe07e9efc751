-- The append-only record: entries of streams (incidents and alerts), gapless by construction.

create table entries (
    stream uuid not null,
    seq integer not null check (seq > 0),
    -- Each entry but the first refers to its predecessor, so a gap cannot be committed.
    previous integer generated always as (case when seq > 1 then seq - 1 end) stored,
    stream_type text not null check (stream_type in ('incident', 'alert')),
    kind text not null,
    happened_at timestamptz not null,
    recorded_at timestamptz not null default clock(),
    actor_id uuid,
    actor text not null,
    door text not null,
    payload jsonb not null,
    amends integer,
    redacted_at timestamptz,
    redacted_by text,
    redaction_reason text,
    primary key (stream, seq),
    constraint entries_follow foreign key (stream, previous) references entries (stream, seq)
        deferrable initially deferred
);
create index entries_recorded_at on entries (recorded_at desc) where stream_type = 'incident';

create function entries_are_append_only() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE'
       and (new.stream, new.seq, new.stream_type, new.kind, new.happened_at, new.recorded_at, new.actor_id, new.actor,
            new.door, new.amends)
           is not distinct from
           (old.stream, old.seq, old.stream_type, old.kind, old.happened_at, old.recorded_at, old.actor_id, old.actor,
            old.door, old.amends)
       and old.redacted_at is null and new.redacted_at is not null and new.redacted_by is not null
       and new.redaction_reason is not null and new.payload = '{}'
    then
        return new;
    end if;
    raise exception 'the record is append-only: entry % of % cannot be changed', old.seq, old.stream
        using errcode = 'restrict_violation';
end $$;

create trigger entries_append_only before update or delete on entries
    for each row execute function entries_are_append_only();

create function record_is_never_emptied() returns trigger language plpgsql as $$
begin
    raise exception 'the record is append-only' using errcode = 'restrict_violation';
end $$;

create trigger entries_never_truncated before truncate on entries
    for each statement execute function record_is_never_emptied();

-- For tables whose every change must have its entry: the row may change only together with its head, by one.
create function head_moves_by_one() returns trigger language plpgsql as $$
begin
    if new is distinct from old and new.head is distinct from old.head + 1 then
        raise exception 'a change of % needs exactly one entry', tg_table_name using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
