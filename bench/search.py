"""Searching a million entries: a word, two words, a phrase, the beginning of a word; newest first, as a person who may see most.

A private PostgreSQL with 200 incidents of 5,000 entries each, every tenth incident private. Words come as in a language: few
often, most seldom. Beside it, the same questions without stored words: every payload is looked through for the text (ILIKE).
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from bench.parts import say
from tocsin.incidents.search import search
from tocsin.kernel import embedded
from tocsin.kernel.db import Database, connect
from tocsin.kernel.migrate import migrate
from tocsin.kernel.sql import Statement

INCIDENTS, EACH, ROUNDS, LIMIT, AIM_MS = 200, 5_000, 40, 30, 50.0
#: The baseline takes seconds: so few rounds tell enough.
SLOW_ROUNDS = 3
VIEWER = UUID(int=7)
#: Word n of the vocabulary stands about as often as 1/n; there are 20,000. The triggers of the record wait meanwhile.
SEED = f"""
set session_replication_role = replica;
insert into users (id, email, name, role, time_zone) values ('{VIEWER}', 'v@example.org', 'Viewer', 'member', 'UTC');
insert into incidents (id, key, summary, severity, status, declared_at, private, head)
    select md5('i' || n)::uuid, 'INC-' || n, 'Incident ' || n, 2, 'investigating', clock() - n * interval '1 hour', n % 10 = 0, {EACH}
    from generate_series(1, {INCIDENTS}) n;
insert into entries (stream, stream_type, seq, kind, happened_at, recorded_at, actor, door, payload)
    select md5('i' || i)::uuid, 'incident', s, 'message', at, at, 'Person ' || s % 50, 'web', jsonb_build_object('text', (
        select string_agg('w' || floor(power(20000, random()))::integer, ' ') from generate_series(1, 8 + (s + i) % 9)
    ))
    from generate_series(1, {INCIDENTS}) i, generate_series(1, {EACH}) s,
         lateral (select clock() - (i * {EACH} - s) * interval '1 second' as at) t;
set session_replication_role = default;
"""
FILL = """
set session_replication_role = replica;
insert into entry_words (stream, seq, recorded_at, words)
select stream, seq, recorded_at, to_tsvector('simple', searchable(payload)) from entries on conflict do nothing;
insert into entry_pairs (stream, seq, pairs)
select w.stream, w.seq, found.pairs
from entry_words w, lateral (select word_pairs(w.words) as pairs offset 0) found where found.pairs is not null;
set session_replication_role = default;
"""
BASELINE = Statement(
    "bench",
    "select e.stream, e.seq from entries e join incidents i on i.id = e.stream"
    " where e.payload ->> 'text' ilike all ($2::text[]) and may_see_incident(i, $1)"
    " order by e.recorded_at desc limit $3",
)
#: What is asked, with how many different words; `{}` is a word's number between the bounds.
QUESTIONS = {
    "a word that stands everywhere": ("w{}", 1, 5),
    "a usual word": ("w{}", 50, 500),
    "a rare word": ("w{}", 5_000, 20_000),
    "two words": ("w{} w{}", 5, 300),
    "a phrase": ('"w{} w{}"', 1, 50),
    "the beginning of a word": ("w1{}", 10, 99),
    "what nobody said": ("nobody{}", 1, 999),
}


async def _seed(db: Database) -> float:
    connection = await db.pool.acquire(timeout=5)
    try:
        await connection.execute(SEED, timeout=900)
        began = time.perf_counter()
        await connection.execute(FILL, timeout=900)
        took = time.perf_counter() - began
        await connection.execute("vacuum (analyze) entries", timeout=900)
        await connection.execute("vacuum (analyze) entry_words", timeout=900)
        await connection.execute("vacuum (analyze) entry_pairs", timeout=900)
    finally:
        await db.pool.release(connection)
    return took


async def _timed(what: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await what()
    return (time.perf_counter() - began) * 1000


def _question(pattern: str, least: int, most: int, dice: random.Random) -> str:
    return pattern.format(*(dice.randint(least, most) for _ in range(pattern.count("{}"))))


async def _measure(db: Database, pattern: str, least: int, most: int) -> tuple[float, float, float]:
    """p50 and p95 of ours, and the median of the baseline, in milliseconds."""
    dice = random.Random(1)
    asked = [_question(pattern, least, most, dice) for _ in range(ROUNDS)]
    ours = [await _timed(partial(search, db, VIEWER, words, limit=LIMIT)) for words in asked]
    theirs = []
    for words in asked[:SLOW_ROUNDS]:
        parts = [words.strip('"')] if '"' in words else words.split()
        likes = [f"%{part}%" for part in parts]
        theirs.append(await _timed(partial(db.rows, BASELINE, VIEWER, likes, LIMIT)))
    ordered = sorted(ours)
    return statistics.median(ours), ordered[int(len(ordered) * 0.95) - 1], statistics.median(theirs)


async def _bench(home: Path) -> None:
    server = await asyncio.to_thread(embedded.start, home / "data")
    try:
        await migrate(server.dsn)
        db = await connect(server.dsn, size=2)
        filled = await _seed(db)
        print(f"Search: {INCIDENTS * EACH:,} entries; storing their words took {filled:.0f} s")
        for name, (pattern, least, most) in QUESTIONS.items():
            p50, p95, slow = await _measure(db, pattern, least, most)
            say(f"{name}: p95 of {ROUNDS} (p50 {p50:.1f} ms)", p95, AIM_MS, at_most=True, unit=" ms")
            say(f"{name}: ILIKE ({slow:.0f} ms), in times of ours", slow / p50, 1.0)
        await db.close()
    finally:
        await asyncio.to_thread(server.leave)


def main() -> int:
    """Runs it; answers 0."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as home:
        Path(home).chmod(0o755)
        asyncio.run(_bench(Path(home)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
