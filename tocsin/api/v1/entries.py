"""Entries: said, edited, pinned, reacted to, taken out."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of
from tocsin.chatops.grammar import Told, say_or_do
from tocsin.incidents import edits, entries, marks, output
from tocsin.kernel.db import Unit

router = APIRouter(tags=["Entries"])
ONE = "/incidents/{key}/entries/{seq}"


class SayBody(BaseModel):
    """A line for the room; one that starts with `/` is a command, as in the room, unless it is a reply or told later."""

    text: str = Field(min_length=1, max_length=200_000)
    reply_to: int | None = Field(None, ge=1, description="The entry that this answers.")
    at: AwareDatetime | None = Field(None, description="When it was, if it is noted later.")
    said_by: str = Field("", max_length=100, description="Whose words these are, if somebody else's.")
    tag: str = Field("", pattern="^(said|decided|seen)?$")

    @property
    def special(self) -> bool:
        """Whether it is said as it is, also when it starts with `/`."""
        return bool(self.reply_to or self.at or self.said_by or self.tag)


class EditBody(BaseModel):
    """Other words. `revision`: how often it was edited when you read it; absent, whatever is there now is replaced."""

    text: str = Field(max_length=20_000)
    revision: int | None = Field(None, ge=0)


class ReasonBody(BaseModel):
    """Why the words are taken out."""

    reason: str = Field(min_length=1, max_length=300)


class OutputBody(BaseModel):
    """What a command printed; colours are taken out, and of long text the middle."""

    text: str = Field(min_length=1, max_length=2_000_000)
    command: str = Field("", max_length=1000)
    exit_code: int | None = Field(None, ge=-(2**31) + 1, le=2**31 - 1)


@router.post("/incidents/{key}/entries", status_code=201)
async def say(call: Call, key: str, body: SayBody) -> dict[str, Any]:
    """Says something in the room: now, for an earlier time, as a reply, or for somebody else."""
    incident = await incident_of(call, key)
    try:
        async with call.unit() as u:
            seq = (
                await _said(u, incident.id, body) if body.special else await say_or_do(u, incident, body.text)
            )
    except Told as told:
        return {"key": key, "seq": incident.head, "told": str(told)}
    return {"key": key, "seq": seq}


async def _said(u: Unit, incident_id: UUID, body: SayBody) -> int:
    return await entries.say(
        u, incident_id, body.text, reply_to=body.reply_to, at=body.at, said_by=body.said_by, tag=body.tag
    )


@router.put(ONE, response_model=None)
async def edit(call: Call, key: str, seq: int, body: EditBody) -> dict[str, Any] | JSONResponse:
    """Puts your line, a caption, or a claim, hypothesis, task, decision, unknown or fact (the entry that began it; also whose owner you
    are) in other words. 409 with `text` and `revision` of what it says now when somebody was faster."""
    incident = await incident_of(call, key)
    try:
        async with call.unit() as u:
            made = await edits.edit_entry(u, incident.id, seq, body.text, body.revision)
    except edits.EditConflict as conflict:
        return JSONResponse(
            {"error": str(conflict), "text": conflict.text, "revision": conflict.revision}, 409
        )
    return {"key": key, "seq": seq, "edit": made}


@router.post(f"{ONE}/redact", status_code=204)
async def redact(call: Call, key: str, seq: int, body: ReasonBody) -> None:
    """Takes the words of an entry out for good, with all their history."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await edits.redact_entry(u, incident.id, seq, body.reason)


@router.put(f"{ONE}/pin", status_code=204)
async def pin(call: Call, key: str, seq: int) -> None:
    """Shows an entry above the record."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await marks.pin_entry(u, incident.id, seq)


@router.delete(f"{ONE}/pin", status_code=204)
async def unpin(call: Call, key: str, seq: int) -> None:
    """Shows it there no more."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await marks.unpin_entry(u, incident.id, seq)


@router.put(f"{ONE}/reactions/{{emoji}}", status_code=204)
async def react(call: Call, key: str, seq: int, emoji: str) -> None:
    """Reacts with one emoji."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await marks.react(u, incident.id, seq, emoji, on=True)


@router.delete(f"{ONE}/reactions/{{emoji}}", status_code=204)
async def take_back(call: Call, key: str, seq: int, emoji: str) -> None:
    """Takes a reaction back."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await marks.react(u, incident.id, seq, emoji, on=False)


@router.post("/incidents/{key}/output", status_code=201)
async def log_output(call: Call, key: str, body: OutputBody) -> dict[str, Any]:
    """Keeps what a command printed."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        seq = await output.log_output(u, incident.id, body.text, body.command, body.exit_code)
    return {"key": key, "seq": seq}


@router.put("/incidents/{key}/call", status_code=204)
async def start_call(call: Call, key: str) -> None:
    """People talk: the scribe is asked to write down what they hear."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await output.start_call(u, incident.id)


@router.delete("/incidents/{key}/call", status_code=204)
async def end_call(call: Call, key: str) -> None:
    """The call is over."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await output.end_call(u, incident.id)
