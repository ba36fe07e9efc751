"""What a terminal printed, and that people talk: two things that the record keeps beside what is said."""

from uuid import UUID

from tocsin.incidents.change import change, lock, lock_open, sql, text
from tocsin.incidents.said_kinds import CallEnded, CallStarted, CommandOutput
from tocsin.incidents.said_model import OUTPUT, OUTPUT_STORED, plain
from tocsin.incidents.said_read import said
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Invalid


@command("incident.log_output")
async def log_output(
    u: Unit, incident_id: UUID, output: str, command_line: str = "", exit_code: int | None = None
) -> int:
    """Keeps what a command printed, without its colours; of long text the beginning and the end, 100,000 characters in all.
    Answers the entry's number."""
    incident = await lock(u, incident_id)
    if len(output) > OUTPUT:
        raise Invalid("text", f"That is too long: {OUTPUT:,} characters fit.")
    if exit_code is not None and not -(2**31) < exit_code < 2**31:
        raise Invalid("exit_code", "That is no exit code.")
    cleaned = plain(output).strip("\n").rstrip()
    kept = text("text", shortened(cleaned) or "(nothing)", OUTPUT_STORED + 100)
    what = text("command", plain(command_line).replace("\n", " "), 1000, needed=False)
    after = await change(u, incident, CommandOutput(kept, what, exit_code, len(cleaned) > OUTPUT_STORED))
    if u.actor.id:
        await u.value(sql.join, incident.id, u.actor.id)
    return after.head


def shortened(output: str) -> str:
    """The beginning and the end of what is too long: errors stand at either."""
    if len(output) <= OUTPUT_STORED:
        return output
    half = OUTPUT_STORED // 2
    return f"{output[:half]}\n… {len(output) - 2 * half:,} characters left out …\n{output[-half:]}"


@command("incident.start_call")
async def start_call(u: Unit, incident_id: UUID) -> None:
    """People talk from now on: the scribe is asked to write down what they hear."""
    incident = await lock_open(u, incident_id)
    if await u.value(said.start_call, incident_id):
        await change(u, incident, CallStarted())


@command("incident.end_call")
async def end_call(u: Unit, incident_id: UUID) -> None:
    """The call is over."""
    incident = await lock(u, incident_id)
    if await u.run(said.end_call, incident_id):
        await change(u, incident, CallEnded())
