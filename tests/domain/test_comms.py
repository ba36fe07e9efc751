"""The public page shows what was written for it, in the well-known shape, and nothing else."""

import json

import pytest

from tests.domain.street import again, declared, street
from tests.support import Company
from tocsin.comms import commands, queries, statuspage_v2
from tocsin.incidents import bonds, entries, updates
from tocsin.incidents import commands as incidents
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound

URL = "https://tocsin.example.org"


async def component(db: Database, company: Company, name: str = "Checkout") -> str:
    async with db.unit(company.as_ana(), "web") as u:
        return await commands.create_component(u, name, description="Buying things")


async def test_an_update_for_the_public_is_published(db: Database, company: Company) -> None:
    pumps = street(db)
    checkout = await component(db, company)
    incident = await declared(db, company.as_ana(), "SECRET internal words", impact="SECRET impact")
    async with db.unit(company.as_ana(), "web") as u:
        await entries.say(u, incident.id, "SECRET line")
        await updates.publish_update(u, incident.id, audience="stakeholders", state="SECRET for stakeholders")
    await pumps.settle()
    assert (await queries.public_view(db)).current == ()
    async with db.unit(company.as_ana(), "web") as u:
        await updates.publish_update(
            u, incident.id, audience="public", state="Card payments fail.", status_now=["We are rolling back"],
            next_steps=["Watching"], unknowns="How many", title="Checkout is down", components={checkout: "major_outage", "nothing": "x"},
        )  # fmt: skip
    await pumps.settle()
    view = await queries.public_view(db)
    (shown,) = view.current
    assert (shown.row.title, shown.row.impact, view.indicator) == ("Checkout is down", "critical", "critical")
    assert shown.updates[0].body == (
        "Card payments fail.\n\nCurrent status:\n• We are rolling back\n\nNext steps:\n• Watching\n\nNot known yet: How many"
    )
    assert shown.row.next_update_at is not None
    assert [c.name for c in shown.components] == ["Checkout"]
    for build in (statuspage_v2.summary, statuspage_v2.incidents, statuspage_v2.unresolved):
        assert "SECRET" not in json.dumps(build(view, URL))
    async with db.unit(company.as_ana(), "web") as u:
        await incidents.resolve(u, incident.id, "SECRET fix")
    await pumps.settle()
    view = await queries.public_view(db)
    assert (view.current, view.indicator) == ((), "none")
    (past,) = view.past
    assert [u.status for u in past.updates] == ["resolved", "investigating"]
    assert "SECRET" not in repr(past)
    async with db.unit(company.as_ana(), "web") as u:
        await incidents.reopen(u, incident.id)
    await pumps.settle()
    assert [p.row.status for p in (await queries.public_view(db)).current] == ["investigating"]


async def test_a_component_stays_down_while_another_incident_holds_it(db: Database, company: Company) -> None:
    pumps = street(db)
    checkout = await component(db, company)
    both = [await declared(db, company.as_ana(), f"Problem {n}") for n in range(2)]
    for incident in both:
        async with db.unit(company.as_ana(), "web") as u:
            await updates.publish_update(
                u, incident.id, audience="public", state="Down.", components={checkout: "partial_outage"}
            )
    await pumps.settle()
    for incident, expected in zip(both, ("partial_outage", "operational"), strict=True):
        async with db.unit(company.as_ana(), "web") as u:
            await incidents.resolve(u, incident.id)
        await pumps.settle()
        assert [c.status for c in await queries.components(db)] == [expected]


async def test_the_summary_has_the_well_known_shape(db: Database, company: Company) -> None:
    await component(db, company)
    summary = statuspage_v2.summary(await queries.public_view(db), URL)
    assert next(iter(summary)) == "page"
    assert set(summary) == {"page", "components", "incidents", "scheduled_maintenances", "status"}
    assert summary["status"] == {"indicator": "none", "description": "All Systems Operational"}
    assert set(summary["components"][0]) == {
        "id", "name", "status", "created_at", "updated_at", "position", "description", "showcase", "start_date",
        "group_id", "page_id", "group", "only_show_if_degraded",
    }  # fmt: skip
    assert summary["page"]["updated_at"].endswith("Z")


async def test_setting_it_up(db: Database, company: Company) -> None:
    first = await component(db, company)
    with pytest.raises(Conflict):
        await component(db, company, "checkout")
    async with db.unit(company.as_ana(), "web") as u:
        await commands.change_status_page(u, name="Shop status", description="", time_zone="Europe/Berlin")
        await commands.set_component_status(u, first, "degraded_performance")
    assert (await queries.public_view(db)).sentence == "Partially Degraded Service"
    with pytest.raises(Invalid):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.change_status_page(u, name="x", description="", time_zone="Mars/Olympus")
    with pytest.raises(Forbidden):
        async with db.unit(company.as_vic(), "web") as u:
            await commands.set_component_status(u, first, "operational")
    async with db.unit(company.as_ana(), "web") as u:
        await commands.archive_component(u, first)
    assert await queries.components(db) == []
    with pytest.raises(NotFound):
        async with db.unit(company.as_ana(), "web") as u:
            await commands.set_component_status(u, first, "operational")
    assert await queries.public_incident(db, "abc") is None


async def told_publicly(
    db: Database, company: Company, incident: Incident, title: str, **components: str
) -> None:
    async with db.unit(company.as_ana(), "web") as u:
        await updates.publish_update(
            u, incident.id, audience="public", state=f"{title}.", title=title, components=components
        )


async def test_what_customers_know_of_a_merged_incident_goes_on_in_the_other(
    db: Database, company: Company
) -> None:
    pumps, checkout = street(db), await component(db, company)
    one, two = await declared(db, company.as_ana()), await declared(db, company.as_ana(), "The same")
    await told_publicly(db, company, one, "Checkout is down", **{checkout: "major_outage"})
    await pumps.settle()
    async with db.unit(company.as_ana(), "web") as u:
        await bonds.merge(u, one.id, two.id)
    await pumps.settle()
    (shown,) = (await queries.public_view(db)).current
    assert (shown.row.title, shown.row.status) == ("Checkout is down", "investigating")
    assert shown.row.next_update_at == (await again(db, two)).update_due_at
    await told_publicly(db, company, two, "Checkout is back soon")
    async with db.unit(company.as_ana(), "web") as u:
        await incidents.resolve(u, two.id)
    await pumps.settle()
    view = await queries.public_view(db)
    assert (view.current, view.indicator) == ((), "none")
    (past,) = view.past
    assert [u.body for u in past.updates] == [
        "This incident has been resolved.",
        "Checkout is back soon.",
        "Checkout is down.",
    ]


async def test_of_two_that_customers_know_one_ends_and_nothing_is_said_to_work(
    db: Database, company: Company
) -> None:
    pumps, checkout = street(db), await component(db, company)
    one, two = await declared(db, company.as_ana()), await declared(db, company.as_ana(), "The same")
    await told_publicly(db, company, one, "Checkout is down", **{checkout: "major_outage"})
    await told_publicly(db, company, two, "Payments fail")
    await pumps.settle()
    async with db.unit(company.as_ana(), "web") as u:
        await bonds.merge(u, one.id, two.id)
    await pumps.settle()
    view = await queries.public_view(db)
    assert [(p.row.title, [c.name for c in p.components]) for p in view.current] == [
        ("Payments fail", ["Checkout"])
    ]
    assert [p.updates[0].body for p in view.past] == [
        "This is the same problem as “Payments fail”, where we report on."
    ]
    assert [c.status for c in view.components] == ["major_outage"], "it is still down"
    async with db.unit(company.as_ana(), "web") as u:
        await incidents.resolve(u, two.id)
    await pumps.settle()
    assert [c.status for c in (await queries.public_view(db)).components] == ["operational"]
