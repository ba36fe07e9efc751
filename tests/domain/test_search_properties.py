"""Searching finds what the plain query finds, in the same order: whichever way it goes, whoever asks, and after edits."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.domain.street import declared
from tests.support import Company
from tocsin.incidents import edits, entries
from tocsin.incidents.search import search, split, tsquery
from tocsin.kernel.db import Database
from tocsin.kernel.sql import Statement

VOCABULARY = (
    "a",
    "pool",
    "is",
    "full",
    "redis",
    "redis-1",
    "checkout.api",
    "node7",
    "node70",
    "É",
    "b",
    "twice",
)
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
ROWS, ASKED = 900, 150
PLANT = Statement("plant", """
insert into entry_words (stream, seq, recorded_at, words)
select stream, seq, recorded_at, to_tsvector('simple', text)
from unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::text[]) t (stream, seq, recorded_at, text)
on conflict (stream, seq) do update set words = excluded.words
""")  # fmt: skip
FORGET = Statement("forget", "delete from entry_words where seq % 17 = 0")
ANALYZE = Statement("analyze", "analyze entry_words, entry_pairs")
FOUND = Statement("found", "select stream, seq from find_entries($1, $2, $3, $4, $5)")
PLAIN = Statement("plain", """
select w.stream, w.seq from entry_words w join incidents i on i.id = w.stream
where w.words @@ to_tsquery('simple', $2) and may_see_incident(i, $1) and ($3::timestamptz is null or w.recorded_at < $3)
order by w.recorded_at desc limit $4
""")  # fmt: skip
APART = Statement("apart", """
select count(*) from entry_words w full join entry_pairs p using (stream, seq)
where w.stream is null or p.pairs is distinct from word_pairs(w.words)
""")  # fmt: skip


async def plant(db: Database, streams: list[UUID], dice: random.Random, share: float = 1.0) -> None:
    """Lines of few words, each at a moment of its own. Some words came only with the last days, and some went with the first."""
    lines = []
    for n in range(ROWS):
        known = VOCABULARY[: 4 + 8 * n // ROWS] if n % 2 else VOCABULARY[8 * n // ROWS :]
        words = " ".join(dice.choices(known, k=dice.randint(1, 9)))
        lines.append((streams[n % 7 % 2], 1000 + n, BEGAN + timedelta(minutes=n), words))
    chosen = [line for line in lines if dice.random() < share]
    await db.run(PLANT, *(list(column) for column in zip(*chosen, strict=True)))


def question(dice: random.Random) -> str:
    """Words, phrases and beginnings, one to three of them."""
    parts = []
    for _ in range(dice.randint(1, 3)):
        words = dice.choices(VOCABULARY, k=dice.randint(2, 3))
        parts.append(dice.choice([words[0], f"{words[0][:3]}*", f'"{" ".join(words)}"']))
    return " ".join(parts)


async def compare(db: Database, viewers: list[UUID], dice: random.Random) -> int:
    """Asks many things both ways; answers how much was found in all."""
    found = 0
    for _ in range(ASKED):
        words, viewer, most = question(dice), dice.choice(viewers), dice.choice([1, 2, 5, 30])
        before = dice.choice([None, BEGAN + timedelta(minutes=dice.randrange(ROWS))])
        query, exact = tsquery(words), [word for word, goes_on in split(words) if not goes_on]
        plain = await db.rows(PLAIN, viewer, query, before, most)
        ours = await db.rows(FOUND, viewer, query, exact, before, most)
        assert [tuple(r) for r in ours] == [tuple(r) for r in plain], (words, viewer, before, most)
        found += len(ours)
    return found


@pytest.mark.parametrize("analyzed", [False, True])
async def test_it_finds_what_the_plain_query_finds(db: Database, company: Company, analyzed: bool) -> None:
    dice = random.Random(7)  # noqa: S311
    open_, apart = await declared(db, company.as_ana()), await declared(db, company.as_ben(), private=True)
    viewers = [company.ana, company.ben]
    await plant(db, [open_.id, apart.id], dice)
    if analyzed:
        await db.run(ANALYZE)
    assert await compare(db, viewers, dice) > ASKED
    await plant(db, [open_.id, apart.id], dice, share=0.3)
    await db.run(FORGET)
    assert await compare(db, viewers, dice) > ASKED
    assert await db.value(APART) == 0


async def test_a_phrase_follows_edits_and_redactions(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana())

    async def hits(words: str) -> list[int]:
        return [found.seq for found in await search(db, company.ana, words)]

    async with db.unit(company.as_ana(), "web") as u:
        seq = await entries.say(u, incident.id, "The pool is full on node-7")
    assert await hits('"pool is full"') == await hits('"node-7"') == await hits('on "the pool" node') == [seq]
    assert await hits('"full pool"') == await hits('"pool full"') == []
    async with db.unit(company.as_ana(), "web") as u:
        await edits.edit_entry(u, incident.id, seq, "The full pool is on node-8", 0)
    assert (await hits('"full pool"'), await hits('"pool is full"')) == ([seq], [])
    async with db.unit(company.as_ana(), "web") as u:
        await edits.redact_entry(u, incident.id, seq, "a password")
    assert await hits('"full pool"') == []
    assert await db.value(APART) == 0
