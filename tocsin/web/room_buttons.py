"""The buttons of the room for its state and its record."""

from starlette.routing import BaseRoute

from tocsin.alerts.queries import alert_named
from tocsin.edge.door import Form, Site
from tocsin.incidents import commands, links, updates
from tocsin.incidents.model import Incident, Status
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid
from tocsin.web.room_act import Act, buttons

STATUSES = tuple(s for s in Status if s is not Status.RESOLVED)


async def _severity(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await commands.set_severity(
        u, i.id, form.whole("severity", least=1, most=3), why=form.text("why", most=1000)
    )


async def _status(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await commands.set_status(u, i.id, form.choice("status", STATUSES))


async def _facts(u: Unit, i: Incident, form: Form, _: Site) -> None:
    summary, impact = form.text("summary", most=300, needed=True), form.text("impact", most=5000)
    if summary != i.summary:
        await commands.set_summary(u, i.id, summary)
    if impact != i.impact:
        await commands.set_impact(u, i.id, impact)
    if "reporter_contact" in form:
        await commands.set_reporter(u, i.id, form.text("reporter_contact", most=500))
    if "service_id" in form:
        await commands.set_service(u, i.id, form.id("service_id"))


async def _times(u: Unit, i: Incident, form: Form, _: Site) -> None:
    zone = form.text("time_zone", most=60) or "UTC"
    await commands.set_times(
        u, i.id, impact_started_at=form.moment("impact_started_at", zone),
        detected_at=form.moment("detected_at", zone), mitigated_at=form.moment("mitigated_at", zone),
    )  # fmt: skip


async def _still(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await updates.still_true(u, i.id, form.whole("minutes", least=0, most=10_080, default=0) or None)


async def _link(u: Unit, i: Incident, form: Form, site: Site) -> None:
    alert = await alert_named(site.database, form.text("alert", most=60, needed=True).lstrip("#"))
    if alert is None:
        raise Invalid("alert", "There is no such alert.")
    await links.link_alert(u, i.id, alert.id)


async def _unlink(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await links.unlink_alert(u, i.id, form.needed_id("alert_id"))


async def _resolve(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await commands.resolve(u, i.id, form.text("text", most=5000), close_alerts=form.flag("close_alerts"))


async def _reopen(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await commands.reopen(u, i.id, form.text("why", most=1000))


async def _sub_status(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await commands.set_sub_status(u, i.id, form.text("sub_status", most=120))


async def _cancel(u: Unit, i: Incident, form: Form, _: Site) -> None:
    await commands.cancel(u, i.id, form.text("why", most=1000))


def routes() -> list[BaseRoute]:
    """POST only; the browser comes back to the room."""
    named: dict[str, Act] = {
        "severity": _severity, "status": _status, "sub-status": _sub_status, "facts": _facts, "still": _still, "times": _times, "link-alert": _link,
        "unlink-alert": _unlink, "resolve": _resolve, "reopen": _reopen, "cancel": _cancel,
    }  # fmt: skip
    return buttons(named)
