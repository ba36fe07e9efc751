"""Claims and hypotheses: what somebody looks into, so that nobody else does without knowing."""

from uuid import UUID

from tocsin.incidents.change import lock_open, me, person
from tocsin.incidents.change import sql as rows
from tocsin.incidents.item_kinds import (
    ClaimDropped,
    ClaimFinished,
    ClaimHanded,
    ClaimJoined,
    ClaimMade,
    ClaimRenewed,
    EvidenceAdded,
    HypothesisJudged,
    HypothesisMade,
)
from tocsin.incidents.item_model import LOOKED_INTO, VERDICTS, Alike, ItemKind, ItemState
from tocsin.incidents.items import (
    LooksAlike,
    about,
    begin,
    go_on,
    locked,
    must_be_open,
    reason,
    sql,
    with_evidence,
    words,
)
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid


@command("claim.make")
async def claim(
    u: Unit,
    incident_id: UUID,
    line: str,
    service_id: UUID | None = None,
    *,
    hypothesis: bool = False,
    anyway: bool = False,
) -> int:
    """Says what one is looking into; answers its number. Raises `LooksAlike` when somebody else looks into something like it,
    unless `anyway`. Whoever claims takes part."""
    incident, owner, said, service = (
        await lock_open(u, incident_id),
        me(u),
        words(line),
        await about(u, service_id),
    )
    if not anyway:
        alike = await u.all(Alike, sql.alike, incident_id, said, service.id, owner)
        if alike:
            raise LooksAlike(alike)
    made = HypothesisMade if hypothesis else ClaimMade
    await u.value(rows.join, incident_id, owner)
    return await begin(
        u, incident, made(said, owner, u.actor.name, await u.clock(), service.id, service.name)
    )


@command("claim.join")
async def join(u: Unit, incident_id: UUID, seq: int) -> None:
    """Looks into it together with its owner; where nobody has it, one has it from now on."""
    incident, item = await locked(u, incident_id, seq, *LOOKED_INTO)
    must_be_open(item)
    await u.value(rows.join, incident_id, me(u))
    if item.owner_id is None:
        await go_on(u, incident, item, ClaimHanded(seq, item.text, me(u), u.actor.name, await u.clock()))
    elif item.owner_id != me(u) and await u.value(sql.join_item, incident_id, seq, me(u)):
        await go_on(u, incident, item, ClaimJoined(seq, item.text, item.owner, await u.clock()))


@command("claim.renew")
async def renew(u: Unit, incident_id: UUID, seq: int) -> None:
    """A sign of life: still on it."""
    incident, item = await locked(u, incident_id, seq, *LOOKED_INTO)
    must_be_open(item)
    await go_on(u, incident, item, ClaimRenewed(seq, item.text, await u.clock()))


@command("claim.hand")
async def hand(u: Unit, incident_id: UUID, seq: int, user_id: UUID) -> None:
    """Gives it to somebody else."""
    incident, item = await locked(u, incident_id, seq, *LOOKED_INTO)
    must_be_open(item)
    name = await person(u, user_id)
    if item.owner_id != user_id:
        await u.value(rows.join, incident_id, user_id)
        await go_on(u, incident, item, ClaimHanded(seq, item.text, user_id, name, await u.clock()))


@command("claim.finish")
async def finish(u: Unit, incident_id: UUID, seq: int, outcome: str = "") -> None:
    """It was looked into; what came out. Only the first one finishes it."""
    incident, item = await locked(u, incident_id, seq, ItemKind.CLAIM)
    must_be_open(item)
    await go_on(u, incident, item, ClaimFinished(seq, item.text, reason(outcome, "outcome")))


@command("claim.drop")
async def drop(u: Unit, incident_id: UUID, seq: int, why: str = "") -> None:
    """Nobody looks into it any more."""
    incident, item = await locked(u, incident_id, seq, *LOOKED_INTO)
    must_be_open(item)
    await go_on(u, incident, item, ClaimDropped(seq, item.text, reason(why)))


@command("hypothesis.judge")
async def judge(u: Unit, incident_id: UUID, seq: int, verdict: str, why: str = "") -> None:
    """Supported, disproved, or open again; the verdict may change, and the record keeps every one."""
    incident, item = await locked(u, incident_id, seq, ItemKind.HYPOTHESIS)
    if verdict not in VERDICTS:
        raise Invalid("verdict", f"Verdict must be one of: {', '.join(VERDICTS)}.")
    if item.state is not ItemState(verdict):
        await go_on(
            u, incident, item, HypothesisJudged(seq, item.text, verdict, reason(why), await u.clock())
        )


@command("claim.add_evidence")
async def add_evidence(u: Unit, incident_id: UUID, seq: int, link: str) -> None:
    """An entry's number or a link that speaks for or against it, or shows a fact."""
    incident, item = await locked(u, incident_id, seq, *LOOKED_INTO, ItemKind.FACT)
    together = with_evidence(item, link)
    if together != item.evidence:
        await go_on(u, incident, item, EvidenceAdded(seq, item.text, together[-1], together, await u.clock()))
