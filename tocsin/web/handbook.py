"""The handbook: the playbook as a book, and its editor. An edit is a new version; what it would change is shown before it counts."""

import difflib

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Who, act, page, read_form, read_query, redirect, render, site_of
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.playbooks import commands, queries
from tocsin.playbooks.parse import LARGEST, parse


async def show(request: Request) -> Response:
    """The newest version, or `?version=`."""
    db = site_of(request).database
    wanted = read_query(request).whole("version", least=0, most=1_000_000, default=-1)
    context = {
        "nav": "handbook", "book": await queries.playbook(db, wanted if wanted >= 0 else None), "versions": await queries.versions(db),
    }  # fmt: skip
    return await render(request, "handbook/show.html", context)


async def text(request: Request) -> Response:
    """The same as YAML."""
    _, body = await queries.playbook_text(site_of(request).database)
    return PlainTextResponse(body, headers={"content-disposition": 'attachment; filename="playbook.yaml"'})


async def edit(request: Request) -> Response:
    """Its YAML in a field."""
    base, body = await queries.playbook_text(site_of(request).database)
    return await _editor(request, base, body, "", {})


async def save(request: Request) -> Response:
    """Checks and shows the difference; with `apply` it becomes the newest version."""
    form = await read_form(request)
    body, why = form.get("body", "").replace("\r\n", "\n"), form.text("why", most=500)
    base = form.whole("base", least=0, most=1_000_000)
    try:
        parse(body)
        if form.flag("apply"):
            async with act(request, form) as u:
                version = await commands.apply(u, body, base, why)
            return redirect(request, "/handbook", f"Version {version} is the playbook now.")
    except Invalid as error:
        return await _editor(request, base, body[:LARGEST], why, {error.field: str(error)})
    except Conflict as error:
        newest, _ = await queries.playbook_text(site_of(request).database)
        return await _editor(request, newest, body, why, {"body": str(error)}, looked=True)
    return await _editor(request, base, body, why, {}, looked=True)


async def _editor(
    request: Request, base: int, body: str, why: str, errors: dict[str, str], *, looked: bool = False
) -> Response:
    _, standing = await queries.playbook_text(site_of(request).database)
    lines = difflib.unified_diff(
        standing.splitlines(), body.splitlines(), "as it is", "as it would be", lineterm="", n=2
    )
    context = {
        "nav": "handbook", "base": base, "body": body, "why": why, "errors": errors, "looked": looked,
        "difference": list(lines)[2:] if looked else [],
    }  # fmt: skip
    return await render(request, "handbook/edit.html", context, status=422 if errors else 200)


def routes() -> list[BaseRoute]:
    """Everybody reads it; administrators change it."""
    return [
        page("/handbook", show, who=Who.VIEWER),
        page("/handbook.yaml", text, who=Who.VIEWER),
        page("/handbook/edit", edit, who=Who.ADMIN),
        page("/handbook/edit", save, who=Who.ADMIN, methods=["POST"]),
    ]
