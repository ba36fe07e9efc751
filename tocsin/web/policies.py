"""Escalation policies: whom to page, in what order; the editor with its preview."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, path_id, read_form, redirect, render, site_of, viewer_of
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.paging import policies, queries
from tocsin.paging.model import Policy
from tocsin.web import policy_form as forms
from tocsin.web.policy_choices import channels_of, choices
from tocsin.web.policy_preview import asked, drafted, stored
from tocsin.web.policy_problem import placed

HERE = "/settings/policies"


async def list_(request: Request) -> Response:
    """All policies, each as a sentence per step."""
    found = await queries.policies(site_of(request).database)
    chosen = await choices(request)
    context = {"nav": "settings", "section": "policies", "policies": found, "teams": chosen["team_names"]}
    return await render(request, "settings/policies.html", context)


async def new_form(request: Request) -> Response:
    """The usual shape: at once, and after five minutes."""
    zone = (await viewer_of(request)).time_zone
    return await _form(request, None, {}, [forms.blank("0", zone), forms.blank("5", zone)], {})


async def edit_form(request: Request) -> Response:
    """The stored policy, with its preview."""
    policy = await policy_of(request)
    values = forms.values_of(policy.rules, policy.name, policy.team_id)
    steps = forms.steps_of(policy.rules, (await viewer_of(request)).time_zone)
    return await _form(request, policy, values, steps, {}, await stored(request, policy.rules, Form([])))


async def forecast(request: Request) -> Response:
    """Who would be paged when by a stored policy, at a chosen time: for everybody to see."""
    policy, form = await policy_of(request), asked(request)
    shown = await stored(request, policy.rules, form)
    context = {
        "nav": "settings", "section": "policies", "policy": policy, "shown": shown, "values": form,
        "priorities": range(1, 6),
    }  # fmt: skip
    return await render(request, "settings/policy_forecast.html", context)


async def preview(request: Request) -> Response:
    """The fragment that follows the form while it is typed."""
    form = await read_form(request, most=forms.MAX_FIELDS)
    return await render(request, "settings/policy_preview.html", {"shown": await drafted(request, form)})


async def save(request: Request) -> Response:
    """Creates or replaces a policy. Escalations that run keep the one they began with, unless asked. Buttons of the form that
    change steps show it again."""
    form = await read_form(request, most=forms.MAX_FIELDS)
    policy = await policy_of(request) if "policy_id" in request.path_params else None
    steps, what = forms.steps_in(form), form.get("do", "save")
    if what != "save":
        return await _form(
            request, policy, form, forms.changed(what, steps), {}, await drafted(request, form)
        )
    try:
        said = await _store(request, form, policy, steps)
    except Invalid as error:
        return await _form(request, policy, form, steps, placed(error, steps), await drafted(request, form))
    except Conflict as error:
        taken = "Another policy has this name." if "escalation_policies_name" in str(error) else str(error)
        return await _form(request, policy, form, steps, {"name": taken}, await drafted(request, form))
    return redirect(request, HERE, said)


async def _store(request: Request, form: Form, policy: Policy | None, steps: list[forms.Step]) -> str:
    draft = forms.draft_in(form, steps, channels_of(request))
    async with act(request, form) as u:
        if policy is None:
            await policies.create_policy(u, draft)
            return "Saved."
        await policies.change_policy(u, policy.id, draft)
        if not form.flag("apply"):
            return "Saved."
        changed = await policies.apply_to_running(u, policy.id)
        return f"Saved, and applied to {changed} running {'escalation' if changed == 1 else 'escalations'}."


async def archive(request: Request) -> Response:
    """Takes a policy out of use; escalations that run go on."""
    form, policy = await read_form(request), await policy_of(request)
    try:
        async with act(request, form) as u:
            await policies.archive_policy(u, policy.id)
    except Conflict as error:
        return redirect(request, f"{HERE}/{policy.id}", str(error), "danger")
    return redirect(request, HERE, f"{policy.name} is archived.")


async def _form(
    request: Request,
    policy: Policy | None,
    values: Mapping[str, str],
    steps: list[forms.Step],
    errors: dict[str, str],
    shown: dict[str, Any] | None = None,
) -> Response:
    context = {
        "nav": "settings", "section": "policies", "policy": policy, "values": values, "steps": steps, "errors": errors,
        "shown": shown, "priorities": forms.PRIORITIES, "most_steps": forms.MAX_STEPS,
        **await choices(request, policy.rules if policy else None),
    }  # fmt: skip
    return await render(request, "settings/policy.html", context, status=422 if errors else 200)


async def policy_of(request: Request) -> Policy:
    """The policy that the address names. Raises NotFound."""
    policy_id = path_id(request, "policy_id", policies.NO_POLICY)
    found = await queries.policy(site_of(request).database, policy_id)
    if found is None:
        raise NotFound(policies.NO_POLICY)
    return found


def routes() -> list[BaseRoute]:
    """Everything under /settings/policies."""
    one = f"{HERE}/{{policy_id}}"
    return [
        page(HERE, list_, who=Who.VIEWER),
        page(f"{HERE}/new", new_form, who=Who.MEMBER),
        page(f"{HERE}/new", save, who=Who.MEMBER, methods=["POST"]),
        page(f"{HERE}/new/preview", preview, who=Who.MEMBER, methods=["POST"]),
        page(one, edit_form, who=Who.MEMBER),
        page(one, save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/preview", preview, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/forecast", forecast, who=Who.VIEWER),
        page(f"{one}/archive", archive, who=Who.MEMBER, methods=["POST"]),
    ]
