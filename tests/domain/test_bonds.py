"""Incidents that have to do with each other: merged, split, related, followed up; both records say so."""

import asyncio
from datetime import timedelta

import pytest

from tests.domain.street import again, declared
from tests.domain.test_catchup import do as done
from tests.support import Company
from tocsin.alerts import commands as alerts
from tocsin.chatops.grammar import say_or_do
from tocsin.incidents import bonds, commands, entries, links, privacy, queries, search
from tocsin.incidents.model import Incident
from tocsin.incidents.phases import phases_as_data, timings
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.record.kinds import decode
from tocsin.record.queries import entries_after


async def last(db: Database, incident: Incident) -> str:
    entry = (await entries_after(db, incident.id))[-1]
    return decode(entry.kind, entry.payload).sentence()


async def do(db: Database, actor: Actor, incident: Incident, line: str) -> None:
    async with db.unit(actor, "web") as u:
        await say_or_do(u, incident, line)


async def test_a_duplicate_is_merged_and_goes_on_in_the_other(db: Database, company: Company) -> None:
    async with db.unit(company.as_ben(), "api") as u:
        alert = await alerts.report(u, "Cards are declined", service="Checkout")
    one = await declared(db, company.as_ana())
    two = await declared(db, company.as_ben(), "Cards are declined", alert_id=alert)
    await do(db, company.as_ana(), two, "/merge inc-1 the same gateway")
    one, two = await again(db, one), await again(db, two)
    assert (two.status, two.merged_into) == ("resolved", one.id)
    assert two.resolved_at is not None
    assert [a.id for a in await queries.alerts_of(db, one.id)] == [alert]
    assert {r.user_id for r in await queries.responders(db, one.id)} == {company.ana, company.ben}
    assert await last(db, two) == "merged it into INC-1: the same gateway"
    assert (
        await last(db, one)
        == f"merged INC-2 into this incident, with its {two.head} entries: the same gateway"
    )
    assert [(b.key, b.words) for b in await bonds.bonds_of(db, one.id, company.vic)] == [("INC-2", "took in")]
    assert await bonds.merged_into(db, two.id, company.vic) == "INC-1"
    with pytest.raises(Conflict, match=r"merged into INC-1\. Say it there"):
        async with db.unit(company.as_ana(), "web") as u:
            await entries.say(u, two.id, "hello?")
    for line in ("/merge INC-1", "/resolve done"):
        with pytest.raises(Conflict):
            await do(db, company.as_ana(), two, line)


async def test_from_either_end_it_is_one_link(db: Database, company: Company) -> None:
    one, two = await declared(db, company.as_ana()), await declared(db, company.as_ben(), "Second")
    for incident, line in ((one, "/relate INC-2"), (two, "/relate INC-1"), (one, "/relate INC-2")):
        await do(db, company.as_ana(), incident, line)
    assert [(b.key, b.words) for b in await bonds.bonds_of(db, one.id, company.ana)] == [
        ("INC-2", "is related to")
    ]
    assert (await again(db, two)).head == 2, "said once in each record"
    for incident, line in ((one, "/relate caused by INC-2"), (two, "/relate caused by INC-1")):
        await do(db, company.as_ana(), incident, line)
    assert [(b.key, b.words) for b in await bonds.bonds_of(db, one.id, company.ana)] == [("INC-2", "caused")]
    assert [(b.key, b.words) for b in await bonds.bonds_of(db, two.id, company.ana)] == [
        ("INC-1", "was caused by")
    ]


async def test_reopening_undoes_a_merge(db: Database, company: Company) -> None:
    one, two = await declared(db, company.as_ana()), await declared(db, company.as_ben(), "Mail is late")
    await do(db, company.as_ana(), two, "/merge INC-1")
    await do(db, company.as_ben(), two, "/reopen another cause")
    one, two = await again(db, one), await again(db, two)
    assert (two.status, two.merged_into, two.resolved_at) == ("investigating", None, None)
    assert await last(db, two) == "opened it again: another cause"
    assert await last(db, one) == "took INC-2 out again: it goes on by itself"
    assert await bonds.bonds_of(db, one.id, company.ana) == []


async def test_both_ways_round_at_once_one_wins(db: Database, company: Company) -> None:
    for n in range(8):
        one, two = await declared(db, company.as_ana()), await declared(db, company.as_ben(), f"Problem {n}")

        async def merge(actor: Actor, incident: Incident, into: Incident) -> str:
            try:
                async with db.unit(actor, "web") as u:
                    await bonds.merge(u, incident.id, into.id)
            except Conflict as refused:
                return str(refused)
            return "merged"

        answers = await asyncio.gather(merge(company.as_ana(), one, two), merge(company.as_ben(), two, one))
        assert answers.count("merged") == 1
        states = {(await again(db, i)).merged_into for i in (one, two)}
        assert None in states
        assert len(states) == 2


@pytest.mark.parametrize("others", [("resolve", "merge"), ("cancel", "merge"), ("resolve", "cancel")])
async def test_one_end_only(db: Database, company: Company, others: tuple[str, str]) -> None:
    """Resolving, cancelling and merging at the same second: one of them ends it, the other is told."""
    one, two = await declared(db, company.as_ana()), await declared(db, company.as_ben(), "Mail is late")

    async def end(how: str, actor: Actor) -> bool:
        try:
            async with db.unit(actor, "web") as u:
                if how == "resolve":
                    await commands.resolve(u, two.id, "done")
                elif how == "cancel":
                    await commands.cancel(u, two.id, "nothing")
                else:
                    await bonds.merge(u, two.id, one.id)
        except Conflict:
            return False
        return True

    ended = await asyncio.gather(
        *(end(how, who) for how, who in zip(others, (company.as_ana(), company.as_ben()), strict=True))
    )
    assert sorted(ended) == [False, True]
    kinds = [e.kind for e in await entries_after(db, two.id)]
    assert len([k for k in kinds if k in {"incident_resolved", "incident_cancelled", "incident_merged"}]) == 1


async def test_what_is_refused(db: Database, company: Company) -> None:
    open_, secret = (
        await declared(db, company.as_ana()),
        await declared(db, company.as_ana(), "Leak", private=True),
    )
    over = await declared(db, company.as_ana(), "Old")
    await do(db, company.as_ana(), over, "/resolve")
    for incident, line, error in (
        (secret, "/merge INC-1", "Make both private"), (open_, f"/merge {secret.key}", "Make both private"),
        (open_, f"/relate {secret.key}", "would tell of it"), (open_, "/merge INC-1", "same incident"),
        (open_, "/merge INC-2", "resolved"), (open_, "/merge INC-99", "no incident INC-99"), (open_, "/relate eats INC-2", "Say what"),
        (open_, "/split 1", "Write the entries"), (open_, "/split x: y", "written like"), (open_, "/split #99: y", "no entry #99"),
    ):  # fmt: skip
        with pytest.raises((Conflict, Invalid), match=error):
            await do(db, company.as_ana(), incident, line)
    with pytest.raises(Invalid, match=f"no incident {secret.key}"):
        await do(db, company.as_ben(), open_, f"/merge {secret.key}")
    with pytest.raises(NotFound):
        await do(db, company.as_ben(), secret, "/split #99: is there such an entry?")
    with pytest.raises(Invalid, match="must be one of"):
        async with db.unit(company.as_ana(), "web") as u:
            await bonds.relate(u, open_.id, over.id, "loves")
    assert (await again(db, open_)).head == 1


async def test_private_ones_merge_without_letting_anybody_in(db: Database, company: Company) -> None:
    one = await declared(db, company.as_ana(), "First leak", private=True)
    two = await declared(db, company.as_ana(), "Second leak", private=True)
    async with db.unit(company.as_ana(), "web") as u:
        await privacy.add_member(u, two.id, company.ben)
        await privacy.add_member(u, one.id, company.ada)
    await do(db, company.as_ben(), two, "with you")
    await do(db, company.as_ana(), two, f"/merge {one.key}")
    assert [r.user_id for r in await queries.responders(db, one.id)] == [company.ana]
    assert await queries.incident_by_id(db, one.id, company.ben) is None
    assert "leak" not in await last(db, one)
    assert await bonds.bonds_of(db, one.id, company.ada) == [], (
        "whoever does not see the other one is not told what it is"
    )
    assert await bonds.merged_into(db, two.id, company.ben) is None


async def test_links_are_told_from_both_ends(db: Database, company: Company) -> None:
    one, two = await declared(db, company.as_ana()), await declared(db, company.as_ben(), "DNS is down")
    await do(db, company.as_ana(), one, "/relate caused by INC-2")
    await do(db, company.as_ana(), one, "/relate caused by INC-2")
    assert await last(db, one) == "noted that this incident was caused by INC-2"
    assert await last(db, two) == "noted that this incident caused INC-1"
    assert [(b.key, b.words) for b in await bonds.bonds_of(db, two.id, company.vic)] == [("INC-1", "caused")]
    await do(db, company.as_ben(), two, "/unrelate INC-1")
    assert await bonds.bonds_of(db, one.id, company.vic) == []
    assert [(await again(db, i)).head for i in (one, two)] == [3, 3]


async def test_split_and_follow_up_keep_entries_where_they_are(db: Database, company: Company) -> None:
    one = await declared(db, company.as_ana(), service_id=company.service)
    await do(db, company.as_ben(), one, "the cache is full, too")
    await do(db, company.as_ben(), one, "/split #2: The cache is full")
    await do(db, company.as_ben(), one, "/resolve")
    await do(db, company.as_ana(), one, "/follow-up Clean up the cards that failed")
    split = await queries.incident_by_key(db, "INC-2", company.vic)
    assert split is not None
    assert split.service_id == company.service
    assert await last(db, split) == "noted that this incident was split from INC-1 (entries #2)"
    words = [b.words for b in await bonds.bonds_of(db, one.id, company.vic)]
    assert words == ["was split into", "is followed up by"]
    assert (await entries_after(db, one.id))[1].payload["text"] == "the cache is full, too"
    secret = await declared(db, company.as_ana(), "Leak", private=True)
    async with db.unit(company.as_ana(), "web") as u:
        key = await bonds.follow_up(u, secret.id, "Tell those concerned", 3)
    assert await queries.incident_by_key(db, key, company.ben) is None, "private as the one it follows"


async def test_a_phrase_under_the_status_ends_with_it(db: Database, company: Company) -> None:
    one = await declared(db, company.as_ana())
    await do(db, company.as_ben(), one, "/waiting for vendor")
    assert (await again(db, one)).sub_status == "waiting for vendor"
    await do(db, company.as_ben(), one, "/sub-status waiting for vendor")
    assert await last(db, one) == "added to the status: waiting for vendor"
    await do(db, company.as_ben(), one, "/sub-status")
    await do(db, company.as_ben(), one, "/sub-status canary")
    await do(db, company.as_ben(), one, "/resolve")
    assert (await again(db, one)).sub_status == ""
    assert (await again(db, one)).head == 5
    with pytest.raises(Conflict):
        await do(db, company.as_ben(), one, "/sub-status late")


async def test_a_change_of_severity_says_why(db: Database, company: Company) -> None:
    one = await declared(db, company.as_ana())
    for line in ("/severity 2", "/severity 2  "):
        with pytest.raises(Invalid, match="why the severity changes"):
            await do(db, company.as_ben(), one, line)
    await do(db, company.as_ben(), one, "/severity 2 only one region")
    assert (await entries_after(db, one.id))[-1].payload["why"] == "only one region"


async def test_phases_come_from_the_record(db: Database, company: Company, later: object) -> None:
    one = await declared(db, company.as_ana())
    for line, minutes in (
        ("/status identified", 10),
        ("/status mitigated", 20),
        ("/resolve", 5),
        ("/reopen", 60),
        ("/status monitoring", 1),
    ):
        await later(minutes=minutes)  # type: ignore[operator]
        await do(db, company.as_ana(), one, line)
    await later(minutes=2)  # type: ignore[operator]
    found = await timings(db, await again(db, one))
    minutes_in = {status.value: round(time / timedelta(minutes=1)) for status, time in found.lasted}
    assert minutes_in == {"investigating": 11, "identified": 20, "mitigated": 5, "monitoring": 2}
    assert phases_as_data(found)["until_s"]["mitigated"] in range(1799, 1805)


async def test_a_split_takes_alerts_along(db: Database, company: Company) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        ids = [await alerts.report(u, f"Disk {n} is full", alias=f"disk{n}") for n in range(3)]
    one = await declared(db, company.as_ana())
    async with db.unit(company.as_ana(), "web") as u:
        for alert_id in ids[:2]:
            await links.link_alert(u, one.id, alert_id)
        numbers = [a.number for a in await queries.alerts_of(u, one.id)]
        stranger = (await u.row(Statement("test", "select number from alerts where id = $1"), ids[2]))[
            "number"
        ]  # type: ignore[index]
    with pytest.raises(Invalid, match=f"Alert #{stranger} is not linked"):
        await done(db, company.as_ana(), bonds.split, one.id, "Disks", 2, [], [stranger])
    with pytest.raises(Invalid, match="Name the entries or alerts"):
        await done(db, company.as_ana(), bonds.split, one.id, "Disks", 2, [], [])
    key = await done(db, company.as_ana(), bonds.split, one.id, "Disks", 2, [], numbers[:1])
    two = await queries.incident_by_key(db, key, company.ana)
    assert two
    assert [a.number for a in await queries.alerts_of(db, two.id)] == numbers[:1]
    assert [a.number for a in await queries.alerts_of(db, one.id)] == numbers[1:]
    await do(db, company.as_ana(), await again(db, one), f"/split #1 alert {numbers[1]}: The rest")
    assert await queries.alerts_of(db, one.id) == []


async def test_what_was_merged_is_known_down_to_the_first(db: Database, company: Company) -> None:
    one, two, three = [await declared(db, company.as_ana(), words) for words in ("One", "Two", "Three")]
    await done(db, company.as_ana(), bonds.merge, one.id, two.id)
    await done(db, company.as_ana(), bonds.merge, two.id, three.id)
    assert [o.key for o in await bonds.took_in(db, three.id, company.ben)] == [one.key, two.key]
    together = await search.together(db, [one.id, two.id, three.id], search.Window(), None)
    assert {(e.stream, e.seq) for e in together} >= {(one.id, 1), (two.id, 1), (three.id, 1)}
    assert [e.happened_at for e in together] == sorted(e.happened_at for e in together)
