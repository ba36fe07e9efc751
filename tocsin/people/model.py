"""Users, teams, and how people are reached."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import available_timezones

SESSION_LIFETIME = timedelta(days=30)
#: Failed sign-ins allowed per window, per account and per address.
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 50
TRY_WINDOW = timedelta(minutes=15)
MIN_PASSWORD = 10
MAX_PASSWORD = 500


class Role(StrEnum):
    """What a user may do at most. Viewers read; members respond and configure; admins run the organisation."""

    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class Purpose(StrEnum):
    """What a link that works once is for."""

    SETUP = "setup"
    INVITATION = "invitation"
    RESET = "reset"
    VERIFICATION = "verification"


#: How long each link works.
LINK_LIFETIMES = {
    Purpose.SETUP: timedelta(days=7),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.RESET: timedelta(hours=2),
    Purpose.VERIFICATION: timedelta(days=2),
}


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account, or invited to one."""

    id: UUID
    email: str
    name: str
    role: Role
    time_zone: str
    locale: str
    created_at: datetime
    disabled_at: datetime | None
    #: No password yet: the invitation waits.
    invited: bool


@dataclass(frozen=True, slots=True)
class Working:
    """Whose holidays count for somebody (ISO 3166 country, perhaps its subdivision), and when they work, on their own
    clock: ISO weekdays, overnight when the end is not later than the start."""

    country: str | None = None
    subdivision: str | None = None
    work_starts: time = time(9)
    work_ends: time = time(17)
    work_days: tuple[int, ...] = (1, 2, 3, 4, 5)


class PagingRule(StrEnum):
    """How a team is paged when a policy names it. On call means everybody while the team has no schedule."""

    ON_CALL = "on_call"
    EVERYBODY = "everybody"
    ROUND_ROBIN = "round_robin"


@dataclass(frozen=True, slots=True)
class Team:
    """A team, with how many people are in it."""

    id: UUID
    name: str
    description: str
    paging_rule: PagingRule
    created_at: datetime
    members: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in a team."""

    team_id: UUID
    user_id: UUID
    name: str
    time_zone: str
    role: str


@dataclass(frozen=True, slots=True)
class ContactMethod:
    """One way to reach somebody. `has_secret`: something is sealed beside it."""

    id: UUID
    user_id: UUID
    transport: str
    address: str
    label: str
    has_secret: bool
    created_at: datetime
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotificationRule:
    """After so many seconds, this contact method, for this urgency."""

    id: UUID
    user_id: UUID
    urgency: str
    contact_method_id: UUID
    delay_s: int
    transport: str
    address: str


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that is signed in."""

    hash: bytes
    user_id: UUID
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without its secret. `user_id` is None for a service token."""

    id: UUID
    user_id: UUID | None
    owner: str | None
    name: str
    hint: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Link:
    """A link that works once, as found."""

    purpose: Purpose
    user_id: UUID | None
    contact_method_id: UUID | None
    email: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One administrative act."""

    id: int
    at: datetime
    actor: str
    door: str
    verb: str
    subject: str
    before: dict[str, object] | None
    after: dict[str, object] | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What sign-in compares: never leaves the server."""

    user_id: UUID
    password_hash: str | None
    disabled_at: datetime | None


_EMAIL = re.compile(r"[^@\s<>\"',;:]+@[^@\s<>\"',;:]+\.?[^@\s<>\"',;:]*")


def is_email(text: str) -> bool:
    """Whether mail can be addressed to it; the proof is a mail that arrives."""
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def working_problem(working: Working) -> tuple[str, str] | None:
    """The field and why it cannot be, or None. Whether holidays are known for a country is not asked here."""
    if working.country is not None and not re.fullmatch("[A-Z]{2}", working.country):
        return "country", "A country is two letters, as DE."
    if working.subdivision is not None and (
        working.country is None or not 1 <= len(working.subdivision) <= 10
    ):
        return "subdivision", "A region is one of a country, in up to ten letters, as BE."
    if working.work_starts == working.work_ends:
        return "work_ends", "Working hours must start and end at different times."
    if not working.work_days or not set(working.work_days) <= set(range(1, 8)):
        return "work_days", "Choose at least one working day."
    return None


def is_time_zone(name: str) -> bool:
    """Whether it is an IANA zone that this machine knows."""
    return name in available_timezones()


def password_problem(password: str) -> str | None:
    """Why a password cannot be used, or None. Length is what counts (NIST SP 800-63B); no rules about its letters."""
    if len(password) < MIN_PASSWORD:
        return f"Use at least {MIN_PASSWORD} characters; a few words in a row are fine."
    if len(password) > MAX_PASSWORD:
        return f"At most {MAX_PASSWORD} characters."
    if len(set(password)) < 4:
        return "This is too easy to guess."
    return None
