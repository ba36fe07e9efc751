"""Grouping rules: the list, the form with its preview, and taking one away."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.alerts import grouping
from tocsin.alerts.grouping_model import GroupingRule
from tocsin.edge.door import (
    Form,
    Who,
    act,
    page,
    path_id,
    read_form,
    read_query,
    redirect,
    render,
    site_of,
)
from tocsin.kernel.errors import Forbidden, Invalid
from tocsin.web import grouping_fields as fields
from tocsin.web.grouping_scopes import Scopes, scopes_of
from tocsin.web.silence_fields import choices, rows_in


async def list_(request: Request) -> Response:
    """All in use, in the order in which they are asked."""
    scopes = await scopes_of(request)
    context = {"nav": "alerts", "rules": await grouping.rules(site_of(request).database), "scopes": scopes}
    return await render(request, "grouping/list.html", context)


async def new_form(request: Request) -> Response:
    """An empty one; `?service=ID` fills it in."""
    if not (await scopes_of(request)).options:
        raise Forbidden(
            "Administrators group the alerts of all, and a team's own administrators those of the team."
        )
    service = read_query(request).id("service")
    asked = {"scope": f"service:{service}"} if service else {}
    return await _form(request, None, fields.FRESH | asked, {})


async def edit_form(request: Request) -> Response:
    """The stored one."""
    rule = await _rule(request)
    return await _form(request, rule, fields.values_of(rule), {})


async def save(request: Request) -> Response:
    """Creates or changes one."""
    form = await read_form(request)
    rule = await _rule(request) if "rule_id" in request.path_params else None
    try:
        async with act(request, form) as u:
            draft = fields.draft_in(form)
            if rule is None:
                await grouping.create_rule(u, draft)
            else:
                await grouping.change_rule(u, rule.id, draft)
    except Invalid as error:
        return await _form(request, rule, fields.values_in(form), {error.field or "name": str(error)})
    except Forbidden as error:
        return await _form(request, rule, fields.values_in(form), {"scope": str(error)})
    return redirect(request, "/grouping", "Saved. It counts for alerts that open from now on.")


async def preview(request: Request) -> Response:
    """What the form's rule would have made of a week: the part of the page that is drawn anew."""
    form = await read_form(request)
    try:
        async with act(request) as u:
            draft = grouping.checked(fields.draft_in(_named(form)))
            context = {"seen": await grouping.preview(u, draft), "problem": ""}
    except Invalid as error:
        context = {"problem": str(error)}
    return await render(request, "grouping/preview.html", context)


def _named(form: Form) -> Form:
    """A preview needs no name yet."""
    kept = [(k, v) for k in form for v in form.all(k) if k != "name"]
    return Form([*kept, ("name", form.get("name", "").strip() or "-")])


async def remove(request: Request) -> Response:
    """Out of use; its groups stay."""
    form, rule = await read_form(request), await _rule(request)
    async with act(request, form) as u:
        await grouping.remove_rule(u, rule.id)
    return redirect(request, "/grouping", "Removed. Groups that exist stay.")


async def _form(
    request: Request, rule: GroupingRule | None, values: dict[str, Any], errors: dict[str, str]
) -> Response:
    scopes: Scopes = await scopes_of(request)
    context = {
        "nav": "alerts", "rule": rule, "values": values, "errors": errors, "rows": rows_in(values), "scopes": scopes,
        **choices(),
    }  # fmt: skip
    return await render(request, "grouping/edit.html", context, status=422 if errors else 200)


async def _rule(request: Request) -> GroupingRule:
    return await grouping.rule_by_id(site_of(request).database, path_id(request, "rule_id", grouping.NONE))


def routes() -> list[BaseRoute]:
    """Everything under /grouping."""
    one = "/grouping/{rule_id}"
    return [
        page("/grouping", list_, who=Who.VIEWER),
        page("/grouping/new", new_form, who=Who.MEMBER),
        page("/grouping/new", save, who=Who.MEMBER, methods=["POST"]),
        page("/grouping/preview", preview, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/edit", edit_form, who=Who.MEMBER),
        page(f"{one}/edit", save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/remove", remove, who=Who.MEMBER, methods=["POST"]),
    ]
