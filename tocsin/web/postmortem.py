"""The postmortem of an incident: the draft that the record wrote, edited by people; and its actions."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, read_form, redirect, render, site_of
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.learning import commands, queries
from tocsin.learning.model import FIELDS
from tocsin.people.queries import users
from tocsin.record.queries import entries_after
from tocsin.web.entry_shown import shown
from tocsin.web.lookup import incident_of


async def show(request: Request) -> Response:
    """The document, or the offer to make a draft."""
    incident, db = await incident_of(request), site_of(request).database
    found = await queries.postmortem_of(db, incident.id)
    entries = [shown(e) for e in await entries_after(db, incident.id, 0, 5000)]
    context = {
        "nav": "incidents", "incident": incident, "postmortem": found, "fields": FIELDS, "entries": entries,
        "actions": await queries.actions_of(db, found.id) if found else [],
        "people": [u for u in await users(db) if u.disabled_at is None], "errors": {},
    }  # fmt: skip
    return await render(request, "postmortem/show.html", context)


async def draft(request: Request) -> Response:
    """Makes a draft where the severity does not ask for one by itself."""
    form, incident = await read_form(request), await incident_of(request)
    async with act(request, form) as u:
        await commands.draft(u, incident.id)
    return redirect(request, f"/incidents/{incident.key}/postmortem")


async def save(request: Request) -> Response:
    """Saves the fields, unless somebody else did meanwhile: then nothing is lost, the person decides."""
    form, incident, db = await read_form(request), await incident_of(request), site_of(request).database
    found = await queries.postmortem_of(db, incident.id)
    if found is None:
        raise NotFound("There is no postmortem yet.")
    here = f"/incidents/{incident.key}/postmortem"
    fields = {name: form.text(name, most=50_000) for name in FIELDS if name in form}
    try:
        async with act(request, form) as u:
            await commands.edit(u, found.id, form.whole("version", least=1, most=1_000_000_000), fields)
            if form.flag("timeline_sent"):
                await commands.choose_timeline(
                    u, found.id, [int(seq) for seq in form.all("timeline") if seq.isdigit()]
                )
    except (Conflict, Invalid) as error:
        context = {
            "nav": "incidents", "incident": incident, "postmortem": found, "fields": FIELDS, "mine": fields,
            "entries": [shown(e) for e in await entries_after(db, incident.id, 0, 5000)],
            "actions": await queries.actions_of(db, found.id), "people": await users(db), "errors": {"version": str(error)},
        }  # fmt: skip
        return await render(request, "postmortem/show.html", context, status=409)
    return redirect(request, here, "Saved.")


async def set_status(request: Request) -> Response:
    """Draft, review, approved, published."""
    form, incident = await read_form(request), await incident_of(request)
    found = await queries.postmortem_of(site_of(request).database, incident.id)
    if found is None:
        raise NotFound("There is no postmortem yet.")
    async with act(request, form) as u:
        await commands.set_status(
            u, found.id, form.choice("status", ("draft", "review", "approved", "published"))
        )
    return redirect(request, f"/incidents/{incident.key}/postmortem", "Saved.")


async def add_action(request: Request) -> Response:
    """What will be done about it, by whom, by when."""
    form, incident = await read_form(request), await incident_of(request)
    found = await queries.postmortem_of(site_of(request).database, incident.id)
    if found is None:
        raise NotFound("There is no postmortem yet.")
    here = f"/incidents/{incident.key}/postmortem#actions"
    try:
        async with act(request, form) as u:
            await commands.add_action(
                u, found.id, form.text("title", most=300, needed=True), owner_id=form.id("owner_id"),
                priority=form.flag("priority"), due_on=form.day("due_on"),
            )  # fmt: skip
    except Invalid as error:
        return redirect(request, here, str(error), "danger")
    return redirect(request, here)


async def finish_action(request: Request) -> Response:
    """Done."""
    form, incident = await read_form(request), await incident_of(request)
    async with act(request, form) as u:
        await commands.finish_action(u, form.needed_id("action_id"))
    return redirect(request, f"/incidents/{incident.key}/postmortem#actions")


async def markdown(request: Request) -> Response:
    """The document as Markdown, to keep."""
    incident = await incident_of(request)
    text = await queries.markdown_of(site_of(request).database, incident)
    if text is None:
        raise NotFound("There is no postmortem yet.")
    disposition = f'attachment; filename="{incident.key}-postmortem.md"'
    return PlainTextResponse(text, media_type="text/markdown", headers={"content-disposition": disposition})


def routes() -> list[BaseRoute]:
    """Everything under /incidents/KEY/postmortem."""
    one = "/incidents/{key}/postmortem"
    return [
        page(one, show, who=Who.VIEWER),
        page(f"{one}.md", markdown, who=Who.VIEWER),
        page(f"{one}/draft", draft, who=Who.MEMBER, methods=["POST"]),
        page(one, save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/status", set_status, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/actions", add_action, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/actions/finish", finish_action, who=Who.MEMBER, methods=["POST"]),
    ]
