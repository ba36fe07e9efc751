"""Escalation policies: whom to page, in what order."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from tocsin.edge.door import Form, Who, act, page, path_id, read_form, redirect, render, site_of
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.oncall.queries import schedules
from tocsin.paging import commands, queries
from tocsin.paging.model import Policy, StepDraft, Target
from tocsin.people.queries import teams, users

MAX_STEPS = 20
NO_POLICY = "There is no such policy."


async def list_(request: Request) -> Response:
    """All policies, each as a sentence per step."""
    db = site_of(request).database
    context = {
        "nav": "settings", "section": "policies", "policies": await queries.policies(db),
        "teams": {t.id: t.name for t in await teams(db)}, **await _names(request),
    }  # fmt: skip
    return await render(request, "settings/policies.html", context)


async def _names(request: Request) -> dict[str, Any]:
    db = site_of(request).database
    return {
        "people": [u for u in await users(db) if u.disabled_at is None],
        "schedules": await schedules(db),
    }


async def new_form(request: Request) -> Response:
    """The usual shape: the schedule at once, the schedule again, then somebody by name."""
    steps: list[dict[str, Any]] = [{"minutes": "0", "targets": []}, {"minutes": "5", "targets": []}]
    return await _form(request, None, {"repeats": "2", "repeat_after": "5"}, steps, {})


async def edit_form(request: Request) -> Response:
    """The stored policy."""
    policy = await _policy(request)
    rules = policy.rules
    values = {
        "name": policy.name, "team_id": str(policy.team_id or ""), "repeats": str(rules.repeats),
        "repeat_after": str(rules.repeat_after_s // 60),
    }  # fmt: skip
    steps = [
        {"minutes": str(s.delay_s // 60), "targets": [_choice(t) for t in s.targets]} for s in rules.steps
    ]
    return await _form(request, policy, values, steps, {})


def _choice(target: Target) -> str:
    """The value of a target's box in the form."""
    return f"user:{target.user}" if target.user else f"schedule:{target.schedule}"


async def save(request: Request) -> Response:
    """Creates or replaces a policy. Escalations that run keep the one they began with."""
    form = await read_form(request)
    policy = await _policy(request) if "policy_id" in request.path_params else None
    steps = _steps_in(form)
    if form.flag("add_step"):
        last = int(steps[-1]["minutes"] or 0) if steps and str(steps[-1]["minutes"]).isdigit() else 0
        return await _form(
            request, policy, dict(form), [*steps, {"minutes": str(last + 5), "targets": []}], {}
        )
    try:
        name = form.text("name", most=100, needed=True)
        fields: dict[str, Any] = {
            "team_id": form.id("team_id"),
            "repeats": form.whole("repeats", least=0, most=20, default=2),
            "repeat_after_s": form.whole("repeat_after", least=1, most=1440, default=5) * 60,
            "steps": _drafts(steps),
        }
        async with act(request, form) as u:
            if policy is None:
                await commands.create_policy(u, name, **fields)
            else:
                await commands.change_policy(u, policy.id, name=name, **fields)
    except Invalid as error:
        return await _form(request, policy, dict(form), steps, {error.field.removesuffix("_s"): str(error)})
    except Conflict as error:
        return await _form(request, policy, dict(form), steps, {"name": str(error)})
    return redirect(request, "/settings/policies", "Saved.")


def _steps_in(form: Form) -> list[dict[str, Any]]:
    return [
        {"minutes": form.text(f"step{n}_minutes", most=6), "targets": form.all(f"step{n}_targets")}
        for n in range(MAX_STEPS)
        if f"step{n}_minutes" in form and not form.flag(f"step{n}_remove")
    ]


def _drafts(steps: list[dict[str, Any]]) -> list[StepDraft]:
    """The steps that page somebody; one that was left empty is not meant."""
    drafts = [_draft(step) for step in steps if step["targets"]]
    if not drafts:
        raise Invalid("steps", "Choose whom to page in at least one step.")
    return drafts


def _draft(step: dict[str, Any]) -> StepDraft:
    minutes = Form([("minutes", str(step["minutes"]))]).whole("minutes", least=0, most=10080)
    found: dict[str, list[Any]] = {"user": [], "schedule": []}
    for target in step["targets"]:
        kind, _, text = str(target).partition(":")
        if kind not in found:
            raise Invalid("steps", "Whom to page is not known.")
        found[kind].append(Form([("target", text)]).needed_id("target"))
    return StepDraft(minutes * 60, tuple(found["user"]), tuple(found["schedule"]))


async def archive(request: Request) -> Response:
    """Takes a policy out of use; escalations that run go on."""
    form, policy = await read_form(request), await _policy(request)
    try:
        async with act(request, form) as u:
            await commands.archive_policy(u, policy.id)
    except Conflict as error:
        return redirect(request, f"/settings/policies/{policy.id}", str(error), "danger")
    return redirect(request, "/settings/policies", f"{policy.name} is archived.")


async def _form(
    request: Request,
    policy: Policy | None,
    values: dict[str, Any],
    steps: list[dict[str, Any]],
    errors: dict[str, str],
) -> Response:
    db = site_of(request).database
    context = {
        "nav": "settings", "section": "policies", "policy": policy, "values": values, "steps": steps, "errors": errors,
        "teams": await teams(db), **await _names(request),
    }  # fmt: skip
    return await render(request, "settings/policy.html", context, status=422 if errors else 200)


async def _policy(request: Request) -> Policy:
    policy_id = path_id(request, "policy_id", NO_POLICY)
    found = await queries.policy(site_of(request).database, policy_id)
    if found is None:
        raise NotFound(NO_POLICY)
    return found


def routes() -> list[BaseRoute]:
    """Everything under /settings/policies."""
    base, one = "/settings/policies", "/settings/policies/{policy_id}"
    return [
        page(base, list_, who=Who.VIEWER),
        page(f"{base}/new", new_form, who=Who.MEMBER),
        page(f"{base}/new", save, who=Who.MEMBER, methods=["POST"]),
        page(one, edit_form, who=Who.MEMBER),
        page(one, save, who=Who.MEMBER, methods=["POST"]),
        page(f"{one}/archive", archive, who=Who.MEMBER, methods=["POST"]),
    ]
