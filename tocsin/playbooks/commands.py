"""Changing the playbook, and saying what was done of it in an incident."""

from uuid import UUID

from tocsin.incidents.change import change, lock, text
from tocsin.incidents.model import Incident, Rhythm
from tocsin.incidents.rhythm import set_rhythms
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Invalid
from tocsin.playbooks.kinds import StepChecked, StepUnchecked
from tocsin.playbooks.model import Step, StepState
from tocsin.playbooks.parse import parse
from tocsin.playbooks.queries import playbook_of, sql


@command("playbook.apply")
async def apply(u: Unit, body: str, base: int, why: str = "") -> int:
    """A new version of the organisation's playbook, made from version `base`; answers its number. Raises `Invalid` with the place of
    the first fault, `Conflict` when somebody was faster. Incidents that run keep theirs until their severity changes."""
    wanted, said = parse(body.replace("\r\n", "\n")), text("why", why, 500, needed=False)
    version = await u.value(sql.add, base, body.replace("\r\n", "\n"), said, u.actor.id, u.actor.name)
    if version is None:
        raise Conflict(
            "Somebody else changed the playbook meanwhile. Your text is kept here; look at theirs first."
        )
    await set_rhythms(
        u,
        [
            Rhythm(s.severity, s.first_update_min, s.cadence_min, s.late_min, s.stale_min)
            for s in wanted.severities.values()
        ],
    )
    return int(version)


@command("playbook.check")
async def check(u: Unit, incident_id: UUID, step_id: str, note: str = "", *, skip: bool = False) -> None:
    """Somebody did a step, or says why it does not apply (then a reason is needed)."""
    incident = await lock(u, incident_id)
    step = await _step(u, incident, step_id)
    state, said = StepState.SKIPPED if skip else StepState.DONE, text("note", note, 500, needed=False)
    if skip and not said:
        raise Invalid("note", "Say why the step does not apply.")
    after = await change(u, incident, StepChecked(step.id, step.text, state, said))
    await u.run(
        sql.mark, incident.id, step.id, state, said, u.actor.id, u.actor.name, await u.clock(), after.head
    )


@command("playbook.uncheck")
async def uncheck(u: Unit, incident_id: UUID, step_id: str) -> None:
    """What somebody said about a step does not hold: it is open again, unless the record shows it."""
    incident = await lock(u, incident_id)
    step = await _step(u, incident, step_id)
    if await u.value(sql.unmark, incident.id, step.id):
        await change(u, incident, StepUnchecked(step.id, step.text))


async def _step(u: Unit, incident: Incident, step_id: str) -> Step:
    found = next(
        (s for s in (await playbook_of(u, incident.id)).steps if s.id == step_id.strip().lower()), None
    )
    if found is None:
        raise Invalid("step", f"The playbook of {incident.key} has no step named {step_id[:60]}.")
    return found
