"""Setting the status page up, and components by hand."""

from uuid import UUID
from zoneinfo import available_timezones

from tocsin.comms.model import Component, ComponentStatus, StatusPage
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid, NotFound
from tocsin.kernel.ids import slug12
from tocsin.kernel.sql import Statements
from tocsin.people.audit import audit

sql = Statements("tocsin.comms")
MAX_COMPONENTS = 200


@command("status_page.change")
async def change_status_page(u: Unit, *, name: str, description: str, time_zone: str) -> None:
    """The page's name, words and time zone."""
    name, description = _text("name", name, 100), description.strip()
    if time_zone not in available_timezones():
        raise Invalid("time_zone", f"There is no time zone {time_zone}.")
    before = await u.first(StatusPage, sql.page)
    await u.run(sql.change_page, name, description[:1000], time_zone)
    after = {"name": name, "description": description, "time_zone": time_zone}
    await audit(u, "status_page.change", name, {"name": before.name} if before else None, after)
    u.touch("status")


@command("component.create")
async def create_component(
    u: Unit, name: str, *, description: str = "", service_id: UUID | None = None
) -> str:
    """One more component; answers its id."""
    name = _text("component_name", name, 100)
    if len(await u.all(Component, sql.components)) >= MAX_COMPONENTS:
        raise Invalid("component_name", f"At most {MAX_COMPONENTS} components.")
    component_id = slug12()
    await u.run(sql.add_component, component_id, name, description.strip()[:1000], service_id)
    await audit(u, "component.create", name, None, {"id": component_id})
    u.touch("status")
    return component_id


@command("component.archive")
async def archive_component(u: Unit, component_id: str) -> None:
    """Takes it off the page."""
    component = await _component(u, component_id)
    await u.run(sql.archive_component, component_id)
    await audit(u, "component.archive", component.name, {"id": component_id}, None)
    u.touch("status")


@command("component.set_status")
async def set_component_status(u: Unit, component_id: str, status: str) -> None:
    """Sets a state by hand, without an incident."""
    component = await _component(u, component_id)
    if status not in list(ComponentStatus):
        raise Invalid("status", f"Status must be one of: {', '.join(ComponentStatus)}.")
    await u.run(sql.set_component_status, component_id, status)
    await u.run(sql.touch_page)
    await audit(u, "component.set_status", component.name, {"status": component.status}, {"status": status})
    u.touch("status")


async def _component(u: Unit, component_id: str) -> Component:
    found = await u.first(Component, sql.component, component_id)
    if found is None:
        raise NotFound("There is no such component.")
    return found


def _text(field: str, value: str, most: int) -> str:
    value = value.replace("\x00", "").strip()
    if not 1 <= len(value) <= most:
        raise Invalid(field, f"The name needs 1 to {most} characters.")
    return value
