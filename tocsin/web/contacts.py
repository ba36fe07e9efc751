"""What a profile shows of contact methods and rules; and whether an address can be one."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from starlette.requests import Request

from tocsin.duty.readiness import readiness_of
from tocsin.edge.door import Form, Site, read_query, site_of
from tocsin.kernel.db import Reader
from tocsin.kernel.errors import Invalid
from tocsin.paging import queries as paging
from tocsin.paging.model import Delivery, Purpose
from tocsin.paging.transport import BadAddress, Destination, TransportInfo
from tocsin.people import queries
from tocsin.people.model import ContactMethod


async def reached(request: Request, user_id: UUID) -> dict[str, Any]:
    """How somebody is reached, for the template: methods, rules by urgency, ways, and a test page under way."""
    site = site_of(request)
    methods = await queries.contact_methods(site.database, user_id)
    gone = await paging.unusable_methods(site.database, user_id)
    rules = await queries.rules(site.database, user_id)
    ready = (await readiness_of(site.database, [user_id])).get(user_id)
    tests = {m.id: m for m in ready.methods} if ready else {}
    return {
        "methods": [_shown(m, site, gone.get(m.id, "")) | {"tested": tests.get(m.id)} for m in methods],
        "missing": ready.problems if ready else (),
        "labels": {m.id: f"{_title(m, site)}: {m.label or shown_address(m.address)}" for m in methods},
        "rules": {urgency: [r for r in rules if r.urgency == urgency] for urgency in ("high", "low")},
        "ways": [(name, t.info, t.ready) for name, t in site.transports.items() if not t.info.by_device],
        "device": any(t.info.by_device and t.ready for t in site.transports.values()),
        "secret_hint": _secret_hint(site),
        "test": await _test(site.database, request, user_id, methods),
        "adding": read_query(request).get("add") == "method",
    }


def _secret_hint(site: Site) -> str:
    """One input serves every way that asks for a secret; the hint says which do."""
    asking = [(t.info.title, t.info.secret) for t in site.transports.values() if not t.info.by_device]
    return " ".join(
        f"{title}: {s.label.lower()}. {s.hint}" for title, s in asking if s is not None and not s.made
    )


def _shown(method: ContactMethod, site: Site, gone: str) -> dict[str, Any]:
    transport = site.transports.get(method.transport)
    return {
        "id": method.id,
        "title": _title(method, site),
        "label": method.label,
        "address": shown_address(method.address),
        "verified_at": method.verified_at,
        "ready": transport is not None and transport.ready,
        "gone": gone,
    }


def _title(method: ContactMethod, site: Site) -> str:
    transport = site.transports.get(method.transport)
    return transport.info.title if transport else method.transport


def shown_address(address: str) -> str:
    """Of a web address only scheme and host: the rest may hold a secret."""
    parts = urlsplit(address)
    web = parts.scheme in ("https", "http") and parts.hostname
    return f"{parts.scheme}://{parts.hostname}/…" if web else address


async def _test(db: Reader, request: Request, user_id: UUID, methods: list[ContactMethod]) -> Delivery | None:
    """The test page that was just asked for, or else the last one, while it went to one's own address."""
    try:
        wanted = read_query(request).id("test")
    except Invalid:
        return None
    found = await (paging.delivery(db, wanted) if wanted else paging.last_test(db, user_id))
    own = {method.address for method in methods}
    return found if found and found.purpose is Purpose.TEST and found.address in own else None


def destination_in(form: Form, info: TransportInfo) -> Destination:
    """What a form says of a contact method, as it will be stored. Raises `Invalid` for one that cannot work."""
    address = form.text("address", most=2000, needed=True, label="An address")
    typed = form.text("secret", most=500) if info.secret and not info.secret.made else ""
    try:
        return info.accept(address, typed)
    except BadAddress as bad:
        raise Invalid(bad.field, str(bad)) from bad
