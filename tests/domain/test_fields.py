"""Types of incidents and the organisation's own fields: defined, filled in, kept when they are put away, never in the way."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.domain.street import again, declared
from tests.domain.test_catchup import do
from tests.domain.test_playbooks import pumps
from tests.support import Company
from tocsin.incidents import commands, field_definitions
from tocsin.incidents.edits import redact_entry
from tocsin.incidents.field_definitions import FieldDraft, TypeDraft
from tocsin.incidents.field_model import FieldDefinition, FieldKind, checked, words_of_value
from tocsin.incidents.fields import fields_of, set_fields, set_type
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid
from tocsin.kernel.sql import Statement
from tocsin.kernel.work import Pumps
from tocsin.playbooks import commands as playbooks
from tocsin.playbooks.queries import checklist_of
from tocsin.record.kinds import decode
from tocsin.record.queries import newest_entries

__all__ = ["pumps"]
OURS = """
severities:
  1: {words: Bad, first_update_min: 5, cadence_min: 10}
  2: {words: So so, first_update_min: 60, cadence_min: 60}
  3: {words: Fine}
roles: {}
steps:
  - {id: evidence, text: Keep the evidence, types: [Security]}
  - {id: look, text: Look}
"""


async def make(db: Database, actor: Actor, *drafts: FieldDraft | TypeDraft) -> list[str]:
    names = []
    async with db.unit(actor, "web") as u:
        for draft in drafts:
            make = (
                field_definitions.define_type
                if isinstance(draft, TypeDraft)
                else field_definitions.define_field
            )
            names.append(await make(u, draft))  # type: ignore[operator]
    return names


async def said(db: Database, incident: Incident) -> list[str]:
    return [decode(e.kind, e.payload).sentence() for e in await newest_entries(db, incident.id, limit=10)]


async def test_fields_are_filled_in_emptied_and_told(db: Database, company: Company) -> None:
    await make(
        db, company.admin(), FieldDraft("Root cause", "choice", ("Config", "Capacity", "config")), FieldDraft("Lost orders", "number"),
        FieldDraft("Regions", "choices", ("EU", "US", "APAC")), FieldDraft("Owner", "person"), FieldDraft("Ours", "yes_no"),
    )  # fmt: skip
    incident = await declared(db, company.as_ana())
    await do(
        db, company.as_ana(), set_fields, incident.id,
        {"Root cause": "CONFIG", "lost_orders": "1200", "Regions": "us, eu", "owner": "ben@example.org", "ours": "yes"},
    )  # fmt: skip
    found = await again(db, incident)
    assert found.fields == {
        "root_cause": "Config", "lost_orders": 1200, "regions": ["EU", "US"], "ours": True,
        "owner": {"id": str(company.ben), "name": "Ben Okafor"},
    }  # fmt: skip
    assert (
        "noted Root cause: Config; Lost orders: 1200; Regions: EU, US; Owner: Ben Okafor; Ours: yes"
        in await said(db, incident)
    )
    head = found.head
    await do(db, company.as_ben(), set_fields, incident.id, {"ours": True, "lost orders": 1200.0})
    assert (await again(db, incident)).head == head, "what is so already is no news"
    await do(db, company.as_ben(), set_fields, incident.id, {"ours": "", "regions": None})
    assert (await again(db, incident)).fields.keys() == {"root_cause", "lost_orders", "owner"}
    assert "noted Ours: nothing any more; Regions: nothing any more" in await said(db, incident)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("Root cause", "Aliens", "Root cause is one of: Config"),
        ("Lost orders", "many", "write a number"),
        ("Lost orders", "nan", "write a number"),
        ("Lost orders", 10**16, "write a number"),
        ("Lost orders", True, "write a number"),
        ("When", "5.4.2027", "write a date"),
        ("Ticket", "javascript:alert(1)", "begins with https"),
        ("Ticket", "https://", "begins with https"),
        ("Owner", "Nobody Here", "there is nobody"),
        ("Colour", "red", "There is no field Colour"),
        ("Root cause", {"a": 1}, "choose one"),
    ],
)
async def test_what_does_not_fit_is_refused(
    db: Database, company: Company, field: str, value: Any, problem: str
) -> None:
    await make(
        db, company.admin(), FieldDraft("Root cause", "choice", ("Config",)), FieldDraft("Lost orders", "number"),
        FieldDraft("When", "date"), FieldDraft("Ticket", "link"), FieldDraft("Owner", "person"),
    )  # fmt: skip
    incident = await declared(db, company.as_ana())
    with pytest.raises(Invalid, match=problem):
        await do(db, company.as_ana(), set_fields, incident.id, {field: value})
    assert (await again(db, incident)).fields == {}


async def test_a_type_changes_the_checklist_and_is_told(db: Database, company: Company, pumps: Pumps) -> None:
    async with db.unit(company.admin(), "web") as u:
        await playbooks.apply(u, OURS, 0, "ours")
    await make(db, company.admin(), TypeDraft("Security"), TypeDraft("Outage"))
    incident = await declared(db, company.as_ana(), type_="outage")
    await pumps.settle()
    assert [c.step.id for c in await checklist_of(db, await again(db, incident))] == ["look"]
    await do(db, company.as_ana(), set_type, incident.id, "Security")
    await pumps.settle()
    found = await again(db, incident)
    assert (found.type, [c.step.id for c in await checklist_of(db, found)]) == (
        "security",
        ["evidence", "look"],
    )
    lines = await said(db, incident)
    assert "set the type to Security, was Outage" in lines
    assert "applied the playbook for SEV1 and Security: 1 more step" in lines


async def test_a_type_may_be_private_from_the_start(db: Database, company: Company) -> None:
    await make(db, company.admin(), TypeDraft("Security", private=True))
    incident = await declared(db, company.as_ana(), type_="Security")
    assert incident.private
    assert not incident.key.removeprefix("INC-").isdigit()
    public = await declared(db, company.as_ana(), "Mail is slow")
    await do(db, company.as_ana(), set_type, public.id, "security")
    assert not (await again(db, public)).private, (
        "who may see it is decided by people, not by a word that was changed"
    )


async def test_what_is_put_away_stays_where_it_was_said(db: Database, company: Company) -> None:
    type_, field = await make(db, company.admin(), TypeDraft("Outage"), FieldDraft("Root cause"))
    incident = await declared(db, company.as_ana(), type_="outage", fields={"root cause": "A disk"})
    async with db.unit(company.admin(), "web") as u:
        await field_definitions.put_type_away(u, type_)
        await field_definitions.put_field_away(u, field)
    found = await again(db, incident)
    assert [(f.definition.title, f.words) for f in await fields_of(db, found)] == [("Root cause", "A disk")]
    assert await field_definitions.type_title(db, found.type) == "Outage"
    with pytest.raises(Invalid, match="There is no type outage"):
        await declared(db, company.as_ana(), type_="outage")
    with pytest.raises(Invalid, match="There is no field root cause"):
        await do(db, company.as_ana(), set_fields, incident.id, {"root cause": "x"})
    with pytest.raises(Conflict, match="another kind"):
        await make(db, company.admin(), FieldDraft("Root cause", "number"))
    assert await make(db, company.admin(), TypeDraft("Outage"), FieldDraft("Root cause")) == [
        "outage",
        "root_cause",
    ]


async def test_only_administrators_define_them(db: Database, company: Company) -> None:
    with pytest.raises(Forbidden):
        await make(db, company.as_ana(), TypeDraft("Outage"))
    with pytest.raises(Forbidden):
        await make(db, company.as_ana(), FieldDraft("Outage"))
    await make(db, company.admin(), TypeDraft("Outage"), FieldDraft("Root cause"))
    with pytest.raises(Conflict, match="type outage already"):
        await make(db, company.admin(), TypeDraft("outage"))
    with pytest.raises(Conflict, match="field ROOT CAUSE already"):
        await make(db, company.admin(), FieldDraft("ROOT CAUSE"))
    with pytest.raises(Invalid, match="at least one option"):
        await make(db, company.admin(), FieldDraft("Choice", "choice", (" ",)))


async def test_the_row_is_what_its_entries_say(db: Database, company: Company) -> None:
    await make(
        db,
        company.admin(),
        TypeDraft("Outage"),
        FieldDraft("Root cause"),
        FieldDraft("Lost orders", "number"),
    )
    incident = await declared(db, company.as_ana(), type_="outage", fields={"root_cause": "?"})
    await do(db, company.as_ana(), set_fields, incident.id, {"lost orders": 3})
    await do(db, company.as_ana(), set_type, incident.id, "")
    await do(db, company.as_ana(), set_fields, incident.id, {"root cause": ""})
    await do(db, company.as_ana(), commands.set_severity, incident.id, 2, "less")
    # Folded and compared after each test: see the fixture `db`.


async def test_words_taken_out_stand_in_no_other_entry(db: Database, company: Company) -> None:
    await make(db, company.admin(), FieldDraft("Root cause"), FieldDraft("Other"))
    incident = await declared(db, company.as_ana())
    await do(db, company.as_ana(), set_fields, incident.id, {"root cause": "password hunter2"})
    seq = (await again(db, incident)).head
    with pytest.raises(Conflict, match="still says this"):
        await do(db, company.as_ana(), redact_entry, incident.id, seq, "a secret")
    await do(db, company.as_ana(), set_fields, incident.id, {"other": "x"})
    await do(db, company.as_ana(), set_fields, incident.id, {"root cause": None})
    await do(db, company.as_ana(), redact_entry, incident.id, seq, "a secret")
    assert not await db.rows(Statement("test", "select from entries where payload::text like '%hunter2%'"))


def field(kind: FieldKind) -> FieldDefinition:
    return FieldDefinition("f", "F", kind, ("One", "Two"), "", field_definitions.Asked.NEVER, (), None)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    max_leaves=5,
)


@given(st.sampled_from(list(FieldKind)), json_like)
@example(FieldKind.CHOICES, [""])
def test_any_value_is_stored_or_refused_in_words(kind: FieldKind, value: Any) -> None:
    """And what is stored is stored again as the same."""
    with suppress(Invalid):
        stored = checked(field(kind), value)
        assert checked(field(kind), stored) == stored
        assert isinstance(words_of_value(stored), str)
