"""Who would be paged when, for the pages: by a policy as it is stored, or as it is being typed."""

from datetime import datetime
from typing import Any

from starlette.requests import Request

from tocsin.edge.door import Form, read_query, site_of, viewer_of
from tocsin.kernel.errors import Invalid
from tocsin.paging.drafts import NewChannel
from tocsin.paging.forecast import PlannedStep
from tocsin.paging.plans import Kind, Plan
from tocsin.paging.policy_queries import plan_of_draft, preview
from tocsin.web import policy_form as forms

#: So many steps are shown; the rest is counted.
MOST = 60


def asked(request: Request) -> Form:
    """What the address asks about: preview_at, preview_priority, preview_tags."""
    return read_query(request)


async def stored(request: Request, plan: Plan, form: Form) -> dict[str, Any]:
    """The preview of a plan for the alert that the form describes; now and P1 unless it says otherwise."""
    try:
        return await _shown(request, plan, form)
    except Invalid as error:
        return {"problem": str(error), "begun": True}


async def drafted(request: Request, form: Form) -> dict[str, Any]:
    """The preview of a form as it is typed; a sentence when it cannot be told yet."""
    steps = forms.steps_in(form)
    try:
        draft = forms.draft_in(form, steps, _unsent)
        return await _shown(request, await plan_of_draft(site_of(request).database, draft), form)
    except (Invalid, ValueError) as error:
        return {"problem": str(error), "begun": any(s["targets"] or s["new"] for s in steps)}


def _unsent(kind: Kind, name: str, _address: str, _secret: str) -> NewChannel:
    return NewChannel(name or f"the new {kind.replace('_', ' ')}", "", "")


async def _shown(request: Request, plan: Plan, form: Form) -> dict[str, Any]:
    db, viewer = site_of(request).database, await viewer_of(request)
    at = form.moment("preview_at", viewer.time_zone) or await db.clock()
    tags = tuple(t.strip() for t in form.text("preview_tags", most=1000).split(",") if t.strip())
    priority = form.whole("preview_priority", least=1, most=5, default=1)
    found = await preview(db, plan, at, priority, tags)
    return {
        "problem": "", "begun": True, "at": at, "rounds": _rounds(found.steps[:MOST]), "more": max(0, len(found.steps) - MOST),
        "ending": found.ending, "priority": priority, "tags": tags, "zone": viewer.time_zone, "after": _after(at),
    }  # fmt: skip


def _rounds(steps: list[PlannedStep]) -> list[tuple[int, list[PlannedStep]]]:
    """By round from 0; the final step as a group of its own, numbered -1."""
    groups: dict[int, list[PlannedStep]] = {}
    for step in steps:
        groups.setdefault(-1 if step.final else step.round, []).append(step)
    return list(groups.items())


def _after(begin: datetime) -> Any:
    return lambda at: (at - begin).total_seconds()
