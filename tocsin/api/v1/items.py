"""What people work on in an incident: claims, hypotheses, tasks, decisions, and what is known or not."""

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field

from tocsin.api.v1.auth import Call
from tocsin.api.v1.shown import incident_of
from tocsin.catalog.queries import service_by_name
from tocsin.incidents import claims, tasks
from tocsin.incidents.item_queries import board_of
from tocsin.incidents.items import LooksAlike
from tocsin.kernel.errors import Invalid

router = APIRouter(tags=["Incidents"])
Seq = Annotated[int, Path(ge=1, le=2_000_000_000, description="The number of the entry that began it.")]


class ClaimBody(BaseModel):
    """What the caller looks into. `anyway`: although somebody looks into something like it."""

    text: str = Field(min_length=1, max_length=500)
    service: str = Field("", description="Name of the service that it is about.")
    anyway: bool = False


class TaskBody(BaseModel):
    """What is to be done."""

    text: str = Field(min_length=1, max_length=500)
    owner_id: UUID | None = None
    due_at: AwareDatetime | None = None


class DecisionBody(BaseModel):
    """What was decided, why, and how to undo it."""

    text: str = Field(min_length=1, max_length=500)
    why: str = Field("", max_length=1000)
    undo: str = Field("", max_length=1000)


class FactBody(BaseModel):
    """What is known, or, as a question, what is not known yet."""

    text: str = Field(min_length=1, max_length=500)
    known: bool = True
    evidence: str = Field("", max_length=500, description="An entry's number, like #14, or a link.")


class AnswerBody(BaseModel):
    """What came out, or why; and for some acts a person, a verdict, evidence."""

    outcome: str = Field("", max_length=1000)
    user_id: UUID | None = None
    verdict: str = Field("", description="supported, disproved or open")
    evidence: str = Field("", max_length=500)


@router.get("/incidents/{key}/items")
async def items(call: Call, key: str) -> dict[str, Any]:
    """The board: what is open first."""
    incident = await incident_of(call, key)
    return asdict(await board_of(call.db, incident.id))


@router.post("/incidents/{key}/claims", status_code=201)
async def claim(call: Call, key: str, body: ClaimBody) -> Any:
    """Claims a line of investigation. 409 with `alike` when somebody looks into something like it."""
    return await _claimed(call, key, body, hypothesis=False)


@router.post("/incidents/{key}/hypotheses", status_code=201)
async def suppose(call: Call, key: str, body: ClaimBody) -> Any:
    """Names a hypothesis; the verdict comes later. 409 with `alike` as for claims."""
    return await _claimed(call, key, body, hypothesis=True)


async def _claimed(call: Call, key: str, body: ClaimBody, *, hypothesis: bool) -> Any:
    incident, service_id = await incident_of(call, key), None
    if body.service:
        service = await service_by_name(call.db, body.service)
        if service is None:
            raise Invalid("service", f"There is no service named {body.service}.")
        service_id = service.id
    try:
        async with call.unit() as u:
            seq = await claims.claim(
                u, incident.id, body.text, service_id, hypothesis=hypothesis, anyway=body.anyway
            )
    except LooksAlike as alike:
        found = [
            {"seq": a.seq, "text": a.text, "owner": a.owner, "fresh_at": a.fresh_at.isoformat()}
            for a in alike.alike
        ]
        return JSONResponse({"error": str(alike), "alike": found}, 409)
    return {"key": key, "seq": seq}


@router.post("/incidents/{key}/tasks", status_code=201)
async def task(call: Call, key: str, body: TaskBody) -> dict[str, Any]:
    """Adds a task; nobody need have it yet."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        seq = await tasks.make(u, incident.id, body.text, owner_id=body.owner_id, due_at=body.due_at)
    return {"key": key, "seq": seq}


@router.post("/incidents/{key}/decisions", status_code=201)
async def decide(call: Call, key: str, body: DecisionBody) -> dict[str, Any]:
    """Writes down a decision."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        seq = await tasks.decide(u, incident.id, body.text, why=body.why, undo=body.undo)
    return {"key": key, "seq": seq}


@router.post("/incidents/{key}/facts", status_code=201)
async def fact(call: Call, key: str, body: FactBody) -> dict[str, Any]:
    """Writes down what is known, or what is not known yet."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        seq = (
            await tasks.know(u, incident.id, body.text, body.evidence)
            if body.known
            else await tasks.ask(u, incident.id, body.text)
        )
    return {"key": key, "seq": seq}


@router.post("/incidents/{key}/claims/{seq}/{act}")
async def act_on_claim(
    call: Call, key: str, seq: Seq, act: str, body: AnswerBody | None = None
) -> dict[str, Any]:
    """`join`, `renew` (still on it), `hand` (to `user_id`), `finish`, `drop`, `judge` (a hypothesis), `evidence`."""
    incident, said = await incident_of(call, key), body or AnswerBody(outcome="", verdict="", evidence="")
    async with call.unit() as u:
        match act:
            case "join":
                await claims.join(u, incident.id, seq)
            case "renew":
                await claims.renew(u, incident.id, seq)
            case "hand" if said.user_id:
                await claims.hand(u, incident.id, seq, said.user_id)
            case "finish":
                await claims.finish(u, incident.id, seq, said.outcome)
            case "drop":
                await claims.drop(u, incident.id, seq, said.outcome)
            case "judge":
                await claims.judge(u, incident.id, seq, said.verdict, said.outcome)
            case "evidence":
                await claims.add_evidence(u, incident.id, seq, said.evidence)
            case _:
                raise Invalid(
                    "act", "An act is join, renew, hand (with user_id), finish, drop, judge or evidence."
                )
    return await items(call, key)


@router.post("/incidents/{key}/tasks/{seq}/{act}")
async def act_on_task(
    call: Call, key: str, seq: Seq, act: str, body: AnswerBody | None = None
) -> dict[str, Any]:
    """`take` (oneself, or `user_id`), `finish`, `reopen`, `cancel`."""
    incident, said = await incident_of(call, key), body or AnswerBody(outcome="", verdict="", evidence="")
    async with call.unit() as u:
        match act:
            case "take":
                await tasks.take(u, incident.id, seq, said.user_id)
            case "finish":
                await tasks.finish(u, incident.id, seq, said.outcome)
            case "reopen":
                await tasks.reopen(u, incident.id, seq)
            case "cancel":
                await tasks.cancel(u, incident.id, seq, said.outcome)
            case _:
                raise Invalid("act", "An act is take, finish, reopen or cancel.")
    return await items(call, key)


@router.post("/incidents/{key}/decisions/{seq}/undo")
async def undo(call: Call, key: str, seq: Seq, body: AnswerBody | None = None) -> dict[str, Any]:
    """Takes a decision back."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await tasks.undo(u, incident.id, seq, body.outcome if body else "")
    return await items(call, key)


@router.post("/incidents/{key}/facts/{seq}/answer")
async def answer(call: Call, key: str, seq: Seq, body: AnswerBody) -> dict[str, Any]:
    """What was not known is known now."""
    incident = await incident_of(call, key)
    async with call.unit() as u:
        await tasks.answer(u, incident.id, seq, body.outcome)
    return await items(call, key)
