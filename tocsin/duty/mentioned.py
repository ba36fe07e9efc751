"""Who was addressed with @ hears of it outside the room too: by a quiet message with a link, once."""

from uuid import UUID

from tocsin.duty.tell import tell
from tocsin.incidents.kinds import MessageSaid
from tocsin.incidents.mentions import PEOPLE_MENTIONED
from tocsin.incidents.privacy_kinds import MemberAdded
from tocsin.incidents.said_read import to_tell, versions, waiting_for
from tocsin.kernel.db import Unit
from tocsin.kernel.work import Batch, Work
from tocsin.record.kinds import decode
from tocsin.record.queries import entry

TELL, LET_IN = "duty.tell_mentioned", "duty.tell_let_in"
FOLLOWS = {PEOPLE_MENTIONED: [TELL], "member_added": [LET_IN]}
QUOTED = 300


async def tell_mentioned(u: Unit, works: list[Work]) -> None:
    """Batch: lines that address people. Whoever looks at the room right now sees it there."""
    for work in works:
        await _tell(u, UUID(work.payload["stream"]), work.payload["seq"])


async def tell_let_in(u: Unit, works: list[Work]) -> None:
    """Batch: somebody may see a private incident from now on, and hears of what addressed them before."""
    for work in works:
        stream = UUID(work.payload["stream"])
        found = await entry(u, stream, work.payload["seq"])
        added = decode(found.kind, found.payload) if found and not found.redacted_at else None
        if isinstance(added, MemberAdded):
            for seq in await waiting_for(u, stream, added.user_id):
                await _tell(u, stream, seq)


async def _tell(u: Unit, stream: UUID, seq: int) -> None:
    """Of a private incident nothing that was said leaves the room: mail and push pass through the hands of others."""
    history = await versions(u, stream, seq)
    if not history or history[0].redacted_at:
        return
    first = decode(history[0].kind, history[0].payload)
    by = first.said_by if isinstance(first, MessageSaid) and first.said_by else history[-1].actor
    for person in await to_tell(u, stream, seq):
        subject = f"{by} mentioned you in {person.key}"
        text = (
            "The incident is private; read it in its room." if person.private else history[-1].text[:QUOTED]
        )
        await tell(u, [person.user_id], subject, text, f"/incidents/{person.key}/entries/{seq}")


BATCHES: dict[str, Batch] = {TELL: tell_mentioned, LET_IN: tell_let_in}
