"""Intake: from what a parser understood to alerts in the database. Shared by all doors that machines send through."""

from collections.abc import Sequence
from uuid import UUID

from tocsin.alerts.format import Bad, Format
from tocsin.alerts.model import Outcome, Signal
from tocsin.edge.batcher import Batcher
from tocsin.edge.raw import Unreadable
from tocsin.edge.senders import Sender, Senders
from tocsin.kernel.bus import Bus
from tocsin.kernel.db import Database
from tocsin.kernel.errors import Forbidden, Invalid, NotSignedIn

#: Alerts in one request. More would keep the process from answering others for too long.
MAX_ALERTS = 5000


class Intake:
    """One process's intake: who sends, and how what they send is stored. Close it before the database."""

    def __init__(self, database: Database, bus: Bus | None = None, *, batcher: Batcher | None = None) -> None:
        self.database = database
        self.batcher = batcher or Batcher(database)
        self.senders = Senders(database, bus)

    async def sender(self, key: str) -> Sender:
        """Whose key it is. Raises NotSignedIn (none), Forbidden (unknown or revoked), Unavailable."""
        if not key:
            raise NotSignedIn("Send the key of an integration, as “Authorization: Bearer KEY”.")
        sender = await self.senders.find(key)
        if sender is None:
            raise Forbidden("No integration has this key: it is wrong, or it was revoked.")
        return sender

    async def parse(self, sender: Sender, format_: Format, body: bytes) -> Sequence[Signal | Bad]:
        """What the body says. Raises Invalid or Unreadable, after the integration's page was told."""
        try:
            return _not_too_many(format_.parse(body))
        except (Invalid, Unreadable) as error:
            await self.senders.complain(sender, str(error))
            raise

    async def take(
        self, sender: Sender, items: Sequence[Signal | Bad], request_id: UUID | None = None
    ) -> list[Outcome]:
        """Answers after the commit, in order. What is bad becomes a visible alert about it.

        Raises Throttled, Unavailable, and Invalid when a single alert cannot be stored.
        """
        sender.traffic.spend(len(items))
        name = sender.integration.name
        signals = [item.signal(name) if isinstance(item, Bad) else item for item in items]
        outcomes = await self.batcher.take_in([sender.arrival(signal, request_id) for signal in signals])
        self.senders.heard(sender)
        bad = next((item for item in items if isinstance(item, Bad)), None)
        if bad is not None:
            await self.senders.complain(sender, bad.sentence)
        return outcomes

    async def close(self) -> None:
        """Answers everybody who waits; takes nothing more."""
        await self.batcher.close()
        await self.senders.close()


def _not_too_many(items: Sequence[Signal | Bad]) -> Sequence[Signal | Bad]:
    if len(items) > MAX_ALERTS:
        raise Unreadable(413, f"Send at most {MAX_ALERTS} alerts at once.")
    return items
