"""A handover: from whom to whom, when it is asked about, and the link that accepts it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tocsin.kernel.crypto import BadSignature, Keys

PURPOSE = "handover"
#: Acceptance is asked for at these times from the start on; at the last one those who answer for the schedule are told.
ASKS = (timedelta(minutes=-15), timedelta(), timedelta(minutes=10), timedelta(minutes=20))
#: So long the last asking waits for its answer.
LAST_WAIT = ASKS[-1] - ASKS[-2]
LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Handover:
    """From one person (None: nobody had it) to the next, per track of a schedule."""

    id: UUID
    schedule_id: UUID
    schedule_name: str
    track: int
    from_user_id: UUID | None
    from_name: str | None
    from_zone: str | None
    from_disabled: bool
    to_user_id: UUID
    to_name: str
    to_zone: str
    starts_at: datetime
    ends_at: datetime
    needs_acceptance: bool
    accepted_at: datetime | None
    accepted_name: str | None
    asked: int
    #: The shift is still what it was when this was prepared.
    stands: bool
    over: bool

    @property
    def waits(self) -> bool:
        """It has to be accepted, still can be, and was not."""
        return self.needs_acceptance and self.accepted_at is None and self.stands and not self.over

    @property
    def held_back(self) -> bool:
        """Until it is accepted the pager stays with somebody who is there."""
        return self.waits and self.from_user_id is not None and not self.from_disabled

    @property
    def to_accept(self) -> bool:
        """Accepting it makes a difference, or says that the brief was read."""
        return self.accepted_at is None and self.stands and not self.over

    @property
    def is_none(self) -> bool:
        """The same person goes on."""
        return self.from_user_id == self.to_user_id


def next_ask(starts_at: datetime, now: datetime, *, waits: bool) -> datetime | None:
    """When to look at it again after `now`: only at the start when nobody's acceptance is waited for."""
    moments = [starts_at + after for after in ASKS] if waits else [starts_at]
    return next((moment for moment in moments if moment > now), None)


def in_vain(starts_at: datetime, now: datetime) -> bool:
    """Whether it was asked for often enough."""
    return now >= starts_at + ASKS[-1]


def handover_token(keys: Keys, handover_id: UUID, user_id: UUID, expires_at: datetime) -> str:
    """A token with which this person accepts this handover, without signing in; it ends with the shift."""
    return keys.sign(PURPOSE, {"h": handover_id.hex, "u": user_id.hex}, expires_at)


def handover_of_token(keys: Keys, token: str, now: datetime) -> tuple[UUID, UUID]:
    """The handover and the person that a token is for. Raises BadSignature or Expired."""
    payload = keys.verify(PURPOSE, token, now)
    handover, user = payload.get("h"), payload.get("u")
    if not isinstance(handover, str) or not isinstance(user, str):
        raise BadSignature("This link is not valid.")
    return UUID(hex=handover), UUID(hex=user)
