"""Whom a declaration pages: the on-call of the faulty service unless that is the declarer, and whoever else is named."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tocsin.catalog.model import Service
from tocsin.catalog.queries import service_by_id
from tocsin.edge.forms import Form
from tocsin.incidents.paged import PRIORITY_OF, page_declared
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Invalid
from tocsin.paging import direct


@dataclass(frozen=True, slots=True)
class WillPage:
    """Whom one name would wake. `why_not`: why nobody is paged by it."""

    named: str
    people: tuple[direct.Woken, ...] = ()
    why_not: str = ""


async def will_page(db: Reader, form: Form, viewer: UUID | None) -> list[WillPage]:
    """Before it is declared: who would be woken, by what the form says so far."""
    priority, found = _priority(form), []
    if service := await _service(db, form):
        found.append(await _by_service(db, service, priority, viewer))
    if named := form.text("page", most=200):
        found.append(await _look(db, named, named, priority))
    return found


async def page_for(u: Unit, key: str, form: Form) -> None:
    """Pages them for the incident. Raises `Invalid` for `page` when what was named is nobody."""
    service, named = await _service(u, form), form.text("page", most=200)
    if service and not (await _by_service(u, service, _priority(form), u.actor.id)).why_not:
        await page_declared(u, key, _target(service))
    if named:
        await page_declared(u, key, named)


async def _by_service(db: Reader, service: Service, priority: int, viewer: UUID | None) -> WillPage:
    found = await _look(db, service.name, _target(service), priority)
    if found.people and all(who.id == viewer for who in found.people):
        return WillPage(service.name, (), f"You are on call for {service.name} yourself.")
    return found


async def _look(db: Reader, named: str, target: str, priority: int) -> WillPage:
    try:
        found = await direct.whom(db, target, priority)
    except Invalid as error:
        return WillPage(named, (), str(error))
    return WillPage(found.target.name, tuple(found.people))


async def _service(db: Reader, form: Form) -> Any:
    service_id = form.id("service_id") if form.flag("page_service") else None
    return await service_by_id(db, service_id) if service_id else None


def _target(service: Service) -> str:
    return f"service {service.name}"


def _priority(form: Form) -> int:
    severity = form.get("severity", "")
    return PRIORITY_OF[int(severity)] if severity in ("1", "2", "3") else PRIORITY_OF[2]
