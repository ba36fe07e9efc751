"""Roles as an organisation defines them, and offers of a role: rows and pure rules."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

#: An offer is made again after so long, and lapses after so long: the holder keeps the role.
ASK_AGAIN = timedelta(minutes=5)
LAPSES = timedelta(minutes=15)
#: Both sides are reminded of a planned hand-over so long before.
REMINDED = timedelta(minutes=30)
FARTHEST = timedelta(days=7)
LONGEST_TEXT, LONGEST_TITLE, LONGEST_WHY = 5000, 60, 500
#: Not in the room for so long, somebody is away.
AWAY = timedelta(minutes=2)


class OfferState(StrEnum):
    """`open` waits for an answer, `accepted` for its time; the others are over."""

    OPEN = "open"
    ACCEPTED = "accepted"
    MOVED = "moved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A role. `who` is `anybody` or `named`: then only members of the teams and the people who are named for it."""

    name: str
    title: str
    instructions: str
    who: str
    shipped: bool
    team_ids: tuple[UUID, ...]
    teams: tuple[str, ...]
    user_ids: tuple[UUID, ...]
    people: tuple[str, ...]
    put_away: bool

    @property
    def allowed(self) -> str:
        """Who may take it, in words."""
        if self.who == "anybody":
            return "anybody who responds"
        named = [*(f"members of {team}" for team in self.teams), *self.people]
        return ", ".join(named) or "nobody yet"


@dataclass(frozen=True, slots=True)
class RoleOffer:
    """A role that is offered to somebody; `from_name` holds it until then."""

    id: UUID
    incident_id: UUID
    key: str
    role: str
    title: str
    to_user_id: UUID
    to_name: str
    to_zone: str
    from_user_id: UUID | None
    from_name: str | None
    by_user_id: UUID | None
    by_name: str | None
    brief: str
    effective_at: datetime | None
    state: OfferState
    created_at: datetime
    next_at: datetime | None

    @property
    def words(self) -> str:
        """What the role is called inside a sentence."""
        return words_of(self.title)

    @property
    def is_open(self) -> bool:
        """It waits for an answer."""
        return self.state is OfferState.OPEN

    @property
    def waits(self) -> bool:
        """Somebody still has to answer, or its time has to come."""
        return self.next_at is not None


def moments(created_at: datetime, effective_at: datetime | None, *, accepted: bool) -> list[datetime]:
    """When an offer is looked at, in order. At the last one it lapses; an accepted one moves then."""
    if effective_at is None:
        return [created_at + ASK_AGAIN, created_at + LAPSES]
    planned = [effective_at - REMINDED, effective_at]
    return planned if accepted else [*planned, effective_at + LAPSES]


def next_look(
    offer_made: datetime, effective_at: datetime | None, now: datetime, *, accepted: bool
) -> datetime:
    """The next of its moments; the last one when all have passed."""
    found = moments(offer_made, effective_at, accepted=accepted)
    return next((moment for moment in found if moment > now), found[-1])


def is_last(offer: RoleOffer, now: datetime) -> bool:
    """Whether nothing is waited for any more."""
    accepted = offer.state is OfferState.ACCEPTED
    return now >= moments(offer.created_at, offer.effective_at, accepted=accepted)[-1]


def name_of(title: str) -> str:
    """`Security lead` is `security_lead` in the record; empty when nothing of it can be written so."""
    plain = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")
    return plain.lstrip("0123456789_")[:40].rstrip("_")


def words_of(title: str) -> str:
    """A title inside a sentence: its first letter small, unless it is an abbreviation."""
    return title if title[1:2].isupper() else f"{title[:1].lower()}{title[1:]}"
