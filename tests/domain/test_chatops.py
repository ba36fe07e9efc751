"""One grammar: lines are said, lines that start with a slash are done."""

import pytest

from tests.domain.street import again, declared
from tests.support import Company
from tocsin.chatops.grammar import VERBS, say_or_do
from tocsin.incidents import queries
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Invalid
from tocsin.record.queries import newest_entries


async def test_lines_and_commands(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), severity=3)
    lines = (
        "hello", "//etc is full", "/severity sev1 all customers", "/status identified", "/take im", "/give im to ben",
        "/impact no orders", "/summary No orders", "/update We roll back.", "/join", "/resolve rolled back",
    )  # fmt: skip
    for line in lines:
        async with db.unit(company.as_ana(), "web") as u:
            seq = await say_or_do(u, incident, line)
        assert seq == await queries.head(db, incident.id)
    after = await again(db, incident)
    assert (after.severity, after.status, after.summary, after.impact) == (
        1,
        "resolved",
        "No orders",
        "no orders",
    )
    assert [e.payload["text"] for e in await newest_entries(db, incident.id) if e.kind == "message"] == [
        "hello",
        "/etc is full",
    ]
    assert [r.name for r in await queries.roles(db, incident.id)] == ["Ben Okafor"]


@pytest.mark.parametrize(
    "line",
    ["/dance", "/severity 9", "/take crown", "/give im to zoe", "/alert 99", "/status happy", "", "/update"],
)
async def test_what_is_wrong_says_what_works(db: Database, company: Company, line: str) -> None:
    incident = await declared(db, company.as_ana())
    with pytest.raises(Invalid):
        async with db.unit(company.as_ana(), "web") as u:
            await say_or_do(u, incident, line)
    assert await queries.head(db, incident.id) == 1


def test_every_verb_is_described() -> None:
    assert all(verb.usage.startswith(f"/{name}") and verb.does for name, verb in VERBS.items())
