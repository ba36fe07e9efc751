"""What a machine declares is seen by somebody from its first moment, also when it is private: nothing is lost at night."""

from typing import Any

import orjson
import pytest

from tests.domain.paging_world import value
from tests.domain.street import declared
from tests.domain.test_export import exported
from tests.support import Company
from tocsin.edge.import_file import read
from tocsin.incidents import commands, importing, privacy, queries
from tocsin.incidents.field_definitions import TypeDraft, define_type
from tocsin.incidents.paged import page_declared
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.record.queries import entries_after

MONITOR = Actor(None, "Scanner", "service", "member")


@pytest.fixture(autouse=True)
async def security(db: Database, company: Company) -> None:
    """Security incidents are private from the start."""
    async with db.unit(company.admin(), "web") as u:
        await define_type(u, TypeDraft("Security", private=True))


async def by_machine(db: Database, **more: Any) -> str:
    async with db.unit(MONITOR, "api") as u:
        return await commands.declare(u, "A key was leaked", 1, type_="security", **more)


async def seers(db: Database, company: Company, key: str) -> set[str]:
    people = {"ada": company.ada, "ana": company.ana, "ben": company.ben, "vic": company.vic}
    return {name for name, who in people.items() if await queries.incident_by_key(db, key, who)}


async def pages(db: Database) -> Any:
    return await value(db, "select array_agg(u.name) from pages p join users u on u.id = p.user_id")


async def test_nobody_could_see_it_so_it_is_refused_whole(db: Database, company: Company) -> None:
    with pytest.raises(Invalid, match="nobody could see it") as refused:
        await by_machine(db)
    assert refused.value.field == "let_in"
    assert await value(db, "select count(*) from incidents") == 0
    with pytest.raises(Invalid, match="nobody and nothing named Nobodies"):
        await by_machine(db, let_in=["Nobodies"])
    await value(db, "update users set disabled_at = clock() where id = $1", company.ben)
    with pytest.raises(Invalid):
        await by_machine(db, let_in=["ben"])


async def test_whom_it_pages_sees_it(db: Database, company: Company) -> None:
    key = await by_machine(db, page="payments on-call")
    assert await seers(db, company, key) == {"ana"}
    assert await pages(db) == ["Ana Silva"]
    found = await queries.incident_by_key(db, key, company.ana)
    assert found is not None
    entries = [e.kind for e in await entries_after(db, found.id)]
    assert entries == ["incident_declared", "member_added", "people_paged"]


@pytest.mark.parametrize(
    ("page", "who"),
    [("ben", {"ben"}), ("team payments", {"ana", "ben"}), ("service checkout", {"ana"})],
)
async def test_whoever_is_named_to_be_paged(db: Database, company: Company, page: str, who: set[str]) -> None:
    assert await seers(db, company, await by_machine(db, page=page)) == who


async def test_a_schedule_that_is_empty_now_lets_its_team_in(db: Database, company: Company) -> None:
    await value(db, "delete from shifts")
    key = await by_machine(db, page="schedule payments on-call")
    assert await seers(db, company, key) == {"ana", "ben"}
    assert await value(db, "select count(*) from direct_pages") == 1


async def test_who_is_let_in_by_name(db: Database, company: Company) -> None:
    assert await seers(db, company, await by_machine(db, let_in=["team payments"])) == {"ana", "ben"}
    assert await seers(db, company, await by_machine(db, let_in=["Ben Okafor", "ada@example.org"])) == {
        "ada",
        "ben",
    }
    async with db.unit(company.as_ana(), "api") as u:
        key = await commands.declare(u, "A key was leaked", 1, private=True, let_in=["ben"])
    assert await seers(db, company, key) == {"ana", "ben"}
    async with db.unit(MONITOR, "api") as u:
        key = await commands.declare(u, "Checkout fails", 1, let_in=["ben"])
    assert await seers(db, company, key) == {"ada", "ana", "ben", "vic"}, (
        "for one that is not private it means nothing"
    )


async def test_a_page_for_what_cannot_be_seen_is_never_skipped(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    with pytest.raises(NotFound):
        async with db.unit(MONITOR, "api") as u:
            await page_declared(u, incident.key, "ben")


async def test_a_machine_makes_nothing_private_that_nobody_takes_part_in(
    db: Database, company: Company
) -> None:
    async with db.unit(MONITOR, "api") as u:
        key = await commands.declare(u, "Checkout fails", 1)
    found = await queries.incident_by_key(db, key, None)
    assert found is not None
    with pytest.raises(Conflict, match="Nobody could see"):
        async with db.unit(MONITOR, "api") as u:
            await privacy.make_private(u, found.id)


async def test_a_machine_imports_nothing_private(db: Database, company: Company) -> None:
    incident = await declared(db, company.as_ana(), private=True)
    record = read(orjson.dumps(await exported(db, incident)))
    with pytest.raises(Invalid, match="nobody could see it"):
        async with db.unit(MONITOR, "api") as u:
            await importing.import_record(u, record)
    assert await value(db, "select count(*) from incidents") == 1
