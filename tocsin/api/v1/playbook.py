"""The organisation's playbook, and an incident's checklist."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of
from tocsin.playbooks import commands, queries
from tocsin.playbooks.parse import LARGEST, parse

router = APIRouter(tags=["Playbook"])


class PlaybookBody(BaseModel):
    """A whole playbook as YAML, and the version that it was made from."""

    body: str = Field(max_length=LARGEST)
    base: int = Field(ge=0)
    why: str = Field("", max_length=500)


class CheckBody(BaseModel):
    """`done`, `skipped` (then say why), or `open` again."""

    state: str = Field("done", pattern="^(done|skipped|open)$")
    note: str = Field("", max_length=500)


@router.get("/playbook")
async def show(call: Call) -> dict[str, Any]:
    """The newest version; 0 is the shipped one."""
    version, body = await queries.playbook_text(call.db)
    return {
        "version": version,
        "body": body,
        "versions": [asdict(v) for v in await queries.versions(call.db)],
    }


@router.post("/playbook/check")
async def check(_: Call, body: PlaybookBody) -> dict[str, Any]:
    """Whether a playbook is right; 422 with the place of the first fault. Keeps nothing."""
    book = parse(body.body)
    return {"steps": len(book.steps), "roles": list(book.roles)}


@router.put("/playbook")
async def apply(call: Call, body: PlaybookBody) -> dict[str, Any]:
    """Makes it the newest version. 409 when there is a newer one than `base`."""
    async with call.unit() as u:
        version = await commands.apply(u, body.body, body.base, body.why)
    return {"version": version}


@router.get("/incidents/{key}/checklist")
async def checklist(call: Call, key: str) -> dict[str, Any]:
    """The steps of an incident as they stand."""
    incident = await incident_of(call, key)
    return {
        "steps": [
            {
                "id": c.step.id, "text": c.step.text, "role": c.step.role, "state": c.state, "by": c.by, "at": c.at, "seq": c.seq,
                "note": c.note, "due_at": c.due_at, "shown_by_record": c.shown,
            }
            for c in await queries.checklist_of(call.db, incident)
        ]
    }  # fmt: skip


@router.put("/incidents/{key}/checklist/{step}")
async def set_step(call: Call, key: str, step: str, body: CheckBody) -> dict[str, Any]:
    """Says that a step is done, does not apply, or is open again."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        if body.state == "open":
            await commands.uncheck(u, incident.id, step)
        else:
            await commands.check(u, incident.id, step, body.note, skip=body.state == "skipped")
    return await checklist(call, key)
