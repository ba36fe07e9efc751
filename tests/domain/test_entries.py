"""Words in the record: edited, taken out, told later, answered, pinned, addressed to people; nothing of it is lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.domain.street import declared
from tests.support import Company
from tocsin.chatops.grammar import say_or_do
from tocsin.incidents import (
    claims,
    commands,
    edits,
    entries,
    marks,
    output,
    role_offers,
    roles,
    said_read,
    tasks,
    updates,
)
from tocsin.incidents.item_queries import board_of
from tocsin.incidents.model import Incident
from tocsin.incidents.search import search
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.sql import Statement
from tocsin.learning.facts import lines_of
from tocsin.record.queries import entries_after, entry

Later = Callable[..., Awaitable[None]]


@pytest.fixture
async def incident(db: Database, company: Company) -> Incident:
    return await declared(db, company.as_ana())


async def says(db: Database, actor: Actor, incident: Incident, line: str, **more: object) -> int:
    async with db.unit(actor, "web") as u:
        return await entries.say(u, incident.id, line, **more)


async def edits_to(
    db: Database, actor: Actor, incident: Incident, seq: int, line: str, revision: int | None = 0
) -> int:
    async with db.unit(actor, "web") as u:
        return await edits.edit_entry(u, incident.id, seq, line, revision)


async def redacts(db: Database, actor: Actor, incident: Incident, seq: int) -> None:
    async with db.unit(actor, "web") as u:
        await edits.redact_entry(u, incident.id, seq, "a password")


async def everything(db: Database) -> str:
    """Every word that the tables of the record and of updates hold."""
    texts = [
        "select coalesce(string_agg(payload::text, ' '), '') from entries",
        "select coalesce(string_agg(words::text, ' '), '') from entry_words",
        "select coalesce(string_agg(text || why || outcome, ' '), '') from incident_items",
        "select coalesce(string_agg(brief, ' '), '') from role_offers",
        "select coalesce(string_agg(sub_status, ' '), '') from incidents",
        "select coalesce(string_agg(state || array_to_string(status_now, ' '), ' '), '') from incident_updates",
    ]
    return " ".join([str(await db.value(Statement("test", text))) for text in texts])


async def hits(db: Database, company: Company, words: str) -> list[int]:
    return [found.seq for found in await search(db, company.ana, words)]


async def test_an_edit_keeps_the_words_before_it(db: Database, company: Company, incident: Incident) -> None:
    seq = await says(db, company.as_ana(), incident, "Restarted redis-1")
    first = await edits_to(db, company.as_ana(), incident, seq, "Restarted redis-2")
    await edits_to(db, company.as_ana(), incident, seq, "Restarted redis-3", 1)
    stored = await entry(db, incident.id, first)
    assert stored
    assert (stored.kind, stored.amends) == ("entry_edited", seq)
    assert [v.text for v in await said_read.versions(db, incident.id, seq)] == [
        "Restarted redis-1", "Restarted redis-2", "Restarted redis-3",
    ]  # fmt: skip
    assert [line.text for line in await lines_of(db, incident)][1] == "Restarted redis-3", (
        "documents tell the newest"
    )
    extra = (await said_read.extras(db, incident.id, [seq, first]))[seq]
    assert (extra.text, extra.revisions) == ("Restarted redis-3", 2)


async def test_two_who_edit_at_once_lose_nothing(db: Database, company: Company, incident: Incident) -> None:
    seq = await says(db, company.as_ana(), incident, "Restarted redis")
    answers = await asyncio.gather(
        edits_to(db, company.as_ana(), incident, seq, "Restarted redis-1"),
        edits_to(db, company.admin(), incident, seq, "Restarted redis in Frankfurt"),
        return_exceptions=True,
    )
    refused = [a for a in answers if isinstance(a, edits.EditConflict)]
    assert len(refused) == 1
    assert refused[0].revision == 1
    stored = [v.text for v in await said_read.versions(db, incident.id, seq)]
    assert stored[1] == refused[0].text, "whoever was slower is given the text that was faster"
    assert await edits_to(db, company.as_ana(), incident, seq, "Restarted redis-1 in Frankfurt", 1)


async def test_the_same_words_again_are_no_edit(db: Database, company: Company, incident: Incident) -> None:
    seq = await says(db, company.as_ana(), incident, "Restarted redis")
    await edits_to(db, company.as_ana(), incident, seq, " Restarted redis ")
    assert len(await entries_after(db, incident.id)) == 2


async def test_only_own_lines_are_edited(db: Database, company: Company, incident: Incident) -> None:
    seq = await says(db, company.as_ana(), incident, "Mine")
    with pytest.raises(Forbidden):
        await edits_to(db, company.as_ben(), incident, seq, "Yours")
    with pytest.raises(Invalid, match="said"):
        await edits_to(db, company.as_ana(), incident, 1, "Another declaration")
    with pytest.raises(NotFound):
        await edits_to(db, company.as_ana(), incident, 99, "Nothing")
    await edits_to(db, company.admin(), incident, seq, "By an administrator")


async def test_a_replayed_edit_happens_once(db: Database, company: Company, incident: Incident) -> None:
    seq = await says(db, company.as_ana(), incident, "One")
    answers = []
    for _ in range(2):
        async with db.unit(company.as_ana(), "api", "edit-1") as u:
            answers.append(await edits.edit_entry(u, incident.id, seq, "Two", 0))
    assert answers[0] == answers[1]
    assert len(await said_read.versions(db, incident.id, seq)) == 2


async def test_redacting_takes_the_words_out_of_everything(
    db: Database, company: Company, incident: Incident
) -> None:
    seq = await says(db, company.as_ana(), incident, "The password is hunter2")
    again = await edits_to(db, company.as_ana(), incident, seq, "The password was hunter2, changed")
    assert await hits(db, company, "hunter2") == [seq]
    await redacts(db, company.as_ana(), incident, again)
    assert "hunter2" not in await everything(db)
    assert await hits(db, company, "hunter2") == []
    for number in (seq, again):
        stored = await entry(db, incident.id, number)
        assert stored
        assert (stored.payload, stored.redaction_reason) == ({}, "a password")
    with pytest.raises(Conflict):
        await edits_to(db, company.as_ana(), incident, seq, "hunter3", 1)


async def test_whatever_was_typed_can_be_taken_out(
    db: Database, company: Company, incident: Incident
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await commands.set_severity(u, incident.id, 2, why="because of hunter2")
        await updates.publish_update(
            u, incident.id, audience="stakeholders", state="It was hunter2", status_now=("hunter2",)
        )
        await output.log_output(u, incident.id, "token=hunter2", "env")
        await role_offers.offer_role(u, incident.id, "tech_lead", company.ben, brief="It is hunter2")
    for number in (2, 3, 4, 5):
        await redacts(db, company.as_ana(), incident, number)
    assert "hunter2" not in await everything(db)


async def test_what_people_work_on_is_taken_out_of_its_panel_too(
    db: Database, company: Company, incident: Incident
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await tasks.make(u, incident.id, "Change hunter2")
    async with db.unit(company.as_ben(), "web") as u:
        await tasks.take(u, incident.id, 2)
    with pytest.raises(Forbidden, match=r"entry 2 again\. Ana Silva or an administrator"):
        await redacts(db, company.as_ben(), incident, 3)
    await redacts(db, company.as_ana(), incident, 2)
    assert "hunter2" not in await everything(db)


async def test_who_added_to_what_another_wrote_takes_out_what_they_added(
    db: Database, company: Company, incident: Incident
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await claims.claim(u, incident.id, "The pool is full", hypothesis=True)
    async with db.unit(company.as_ben(), "web") as u:
        await claims.add_evidence(u, incident.id, 2, "https://grafana.example/d/1?token=hunter2")
    async with db.unit(company.as_ana(), "web") as u:
        await claims.add_evidence(u, incident.id, 2, "#1")
    async with db.unit(company.as_ben(), "web") as u:
        await claims.judge(u, incident.id, 2, "supported", why="hunter2 says so")
    for number in (3, 5):
        await redacts(db, company.as_ben(), incident, number)
    assert "hunter2" not in await everything(db)
    (left,) = (await board_of(db, incident.id)).hypotheses
    assert (left.text, left.evidence, left.outcome) == ("The pool is full", ("#1",), "")
    first = await entry(db, incident.id, 2)
    assert first
    assert first.payload["text"] == "The pool is full"


async def test_a_reason_is_taken_out_of_what_was_done(
    db: Database, company: Company, incident: Incident
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await roles.take_role(u, incident.id, "scribe")
        await roles.transfer_role(u, incident.id, "scribe", company.ben, why="hunter2 is mine")
        await commands.resolve(u, incident.id)
        await commands.reopen(u, incident.id, "hunter2 came back")
    for number in (3, 5):
        await redacts(db, company.as_ana(), incident, number)
    assert "hunter2" not in await everything(db)


async def test_an_update_whose_words_are_gone_is_not_said_again(
    db: Database, company: Company, incident: Incident
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await updates.publish_update(u, incident.id, audience="stakeholders", state="It was hunter2")
    await redacts(db, company.as_ana(), incident, 2)
    with pytest.raises(Conflict, match=r"taken out\. Write a new one"):
        async with db.unit(company.as_ana(), "web") as u:
            await updates.still_true(u, incident.id)


async def test_what_is_still_said_elsewhere_is_changed_there_first(
    db: Database, company: Company, incident: Incident
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await commands.set_summary(u, incident.id, "hunter2 leaked")
        await updates.publish_update(
            u, incident.id, audience="public", state="We look into it", title="Checkout"
        )
        await commands.set_sub_status(u, incident.id, "hunter2 is changed")
    for still in (2, 4):
        with pytest.raises(Conflict, match="still says"):
            await redacts(db, company.as_ana(), incident, still)
    with pytest.raises(Conflict, match="public"):
        await redacts(db, company.as_ana(), incident, 3)
    async with db.unit(company.as_ana(), "web") as u:
        await commands.set_summary(u, incident.id, "Something leaked")
        await commands.set_sub_status(u, incident.id, "")
    for number in (2, 4):
        await redacts(db, company.as_ana(), incident, number)
    assert "hunter2" not in await everything(db)


async def test_what_was_done_stays(db: Database, company: Company, incident: Incident) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await roles.take_role(u, incident.id, "scribe")
    with pytest.raises(Invalid, match="holds no words"):
        await redacts(db, company.as_ana(), incident, 2)
    with pytest.raises(Forbidden):
        await redacts(db, company.as_ben(), incident, 2)


async def test_what_is_told_later_keeps_both_times(
    db: Database, company: Company, incident: Incident, later: Later
) -> None:
    await later(hours=1)
    seen = incident.declared_at + timedelta(minutes=5)
    seq = await says(db, company.as_ana(), incident, "I saw errors", at=seen)
    stored = await entry(db, incident.id, seq)
    assert stored
    assert stored.happened_at == seen
    assert stored.recorded_at - seen > timedelta(minutes=50)
    assert stored.seq == 2, "the order is the order of writing"
    for wrong in (timedelta(hours=3), timedelta(days=-31)):
        with pytest.raises(Invalid, match="cannot be"):
            await says(db, company.as_ana(), incident, "I saw it", at=incident.declared_at + wrong)
    with pytest.raises(Invalid, match="zone"):
        await says(db, company.as_ana(), incident, "I saw it", at=seen.replace(tzinfo=None))


async def test_the_scribe_writes_down_what_others_say(
    db: Database, company: Company, incident: Incident
) -> None:
    async with db.unit(company.as_ben(), "web") as u:
        await output.start_call(u, incident.id)
        await output.start_call(u, incident.id)
    assert await said_read.on_a_call(db, incident.id)
    seq = await says(db, company.as_ben(), incident, "roll back", said_by="Ana", tag="decided")
    async with db.unit(company.as_ben(), "web") as u:
        await output.end_call(u, incident.id)
        await output.end_call(u, incident.id)
    assert not await said_read.on_a_call(db, incident.id)
    kinds = [e.kind for e in await entries_after(db, incident.id)]
    assert kinds == ["incident_declared", "call_started", "message", "call_ended"]
    stored = await entry(db, incident.id, seq)
    assert stored
    assert (stored.actor, stored.payload["said_by"], stored.payload["tag"]) == (
        "Ben Okafor",
        "Ana",
        "decided",
    )
    with pytest.raises(Invalid, match="Choose one"):
        await says(db, company.as_ben(), incident, "roll back", tag="shouted")


async def test_replies_belong_to_the_first_line_of_their_thread(
    db: Database, company: Company, incident: Incident
) -> None:
    seq = await says(db, company.as_ana(), incident, "Which region?")
    first = await says(db, company.as_ben(), incident, "Frankfurt", reply_to=seq)
    await says(db, company.as_ana(), incident, "Only there?", reply_to=first)
    assert [e.payload["text"] for e in await said_read.thread(db, incident.id, seq)] == [
        "Frankfurt",
        "Only there?",
    ]
    assert (await said_read.extras(db, incident.id, [seq]))[seq].replies == 2
    with pytest.raises(NotFound):
        await says(db, company.as_ana(), incident, "To nobody", reply_to=99)


async def test_pins_stand_in_the_order_of_pinning(db: Database, company: Company, incident: Incident) -> None:
    two = [await says(db, company.as_ana(), incident, f"line {n}") for n in range(2)]
    async with db.unit(company.as_ben(), "web") as u:
        for seq in (two[1], two[0], two[1]):
            await marks.pin_entry(u, incident.id, seq)
    assert [e.seq for e in await said_read.pinned(db, incident.id)] == [two[1], two[0]]
    async with db.unit(company.as_ana(), "web") as u:
        await marks.unpin_entry(u, incident.id, two[1])
        await marks.unpin_entry(u, incident.id, two[1])
    assert [e.seq for e in await said_read.pinned(db, incident.id)] == [two[0]]
    assert [e.kind for e in await entries_after(db, incident.id, 3)] == [
        "entry_pinned",
        "entry_pinned",
        "entry_unpinned",
    ]


async def test_so_many_pins_are_enough(db: Database, company: Company, incident: Incident) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        numbers = [await entries.say(u, incident.id, f"line {n}") for n in range(marks.MOST_PINS + 1)]
        for seq in numbers[:-1]:
            await marks.pin_entry(u, incident.id, seq)
        with pytest.raises(Conflict, match="Unpin"):
            await marks.pin_entry(u, incident.id, numbers[-1])


async def test_a_reaction_is_no_entry(db: Database, company: Company, incident: Incident) -> None:
    seq = await says(db, company.as_ana(), incident, "It is back")
    before = await db.clock()
    async with db.unit(company.as_ben(), "web") as u:
        assert await marks.react(u, incident.id, seq, "👍")
        assert await marks.react(u, incident.id, seq, "👍", on=True)
        assert await marks.react(u, incident.id, seq, "🇩🇪")
    assert (await said_read.extras(db, incident.id, [seq]))[seq].reactions == [
        ["👍", str(company.ben), "Ben Okafor"], ["🇩🇪", str(company.ben), "Ben Okafor"],
    ]  # fmt: skip
    async with db.unit(company.as_ben(), "web") as u:
        assert not await marks.react(u, incident.id, seq, "👍")
    assert [r[0] for r in (await said_read.extras(db, incident.id, [seq]))[seq].reactions] == ["🇩🇪"]
    assert await said_read.reacted_since(db, incident.id, before) == [seq]
    assert len(await entries_after(db, incident.id)) == 2
    for wrong in ("", "ok", "👍👎", "<b>", "👍" * 9):
        async with db.unit(company.as_ben(), "web") as u:
            with pytest.raises(Invalid):
                await marks.react(u, incident.id, seq, wrong)


async def test_output_is_kept_readable(db: Database, company: Company, incident: Incident) -> None:
    async with db.unit(company.as_ana(), "cli") as u:
        short = await output.log_output(
            u, incident.id, "\x1b[31mNAME\x1b[0m   READY\r\nweb-1  \x1b[1m0/1\x1b[0m\n", "kubectl get pods", 1
        )
        long = await output.log_output(u, incident.id, "first\n" + "x" * 200_000 + "\nlast")
    stored = await entry(db, incident.id, short)
    assert stored
    assert stored.payload == {
        "text": "NAME   READY\nweb-1  0/1", "command": "kubectl get pods", "exit_code": 1, "cut": False,
    }  # fmt: skip
    cut = await entry(db, incident.id, long)
    assert cut
    text = cut.payload["text"]
    assert len(text) < 100_200
    assert text.startswith("first\n")
    assert text.endswith("\nlast")
    assert "left out" in text


async def test_a_watch_that_is_a_minute_ahead_means_now(
    db: Database, company: Company, incident: Incident
) -> None:
    before = await db.clock()
    ahead = (before + timedelta(minutes=1)).astimezone(ZoneInfo("Europe/Berlin"))
    for line in (
        f"/log {ahead:%H:%M} Ben: failover",
        f"/at {ahead:%H:%M} I saw errors",
        f"/at {ahead:%Y-%m-%d %H:%M} it is back",
    ):
        async with db.unit(company.as_ana(), "web") as u:
            await say_or_do(u, incident, line)
        told = (await entries_after(db, incident.id))[-1]
        assert before <= told.happened_at <= await db.clock(), line
