"""The rules of an escalation as they are frozen when it begins: steps, targets, conditions, and the final step. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from tocsin.paging.conditions import ALWAYS, Conditions, conditions_of


class Kind(StrEnum):
    """Whom a target means, when its step runs. A webhook and a chat channel are told, and wake nobody in person."""

    USER = "user"
    SCHEDULE = "schedule"
    NEXT = "next_in_schedule"
    PREVIOUS = "previous_in_schedule"
    TEAM = "team"
    WHOLE_TEAM = "whole_team"
    ROUND_ROBIN = "round_robin"
    WEBHOOK = "webhook"
    CHAT = "chat_channel"

    @property
    def of(self) -> str:
        """What its id names: user, schedule, team or channel."""
        match self:
            case Kind.USER:
                return "user"
            case Kind.SCHEDULE | Kind.NEXT | Kind.PREVIOUS:
                return "schedule"
            case Kind.TEAM | Kind.WHOLE_TEAM | Kind.ROUND_ROBIN:
                return "team"
            case _:
                return "channel"


#: What stands before the name of a target, and after it.
_AROUND = {
    Kind.USER: ("", ""),
    Kind.SCHEDULE: ("", ""),
    Kind.NEXT: ("next in ", ""),
    Kind.PREVIOUS: ("before in ", ""),
    Kind.TEAM: ("team ", ""),
    Kind.WHOLE_TEAM: ("everybody in ", ""),
    Kind.ROUND_ROBIN: ("", " in turn"),
    Kind.WEBHOOK: ("webhook ", ""),
    Kind.CHAT: ("channel ", ""),
}


@dataclass(frozen=True, slots=True)
class Target:
    """Who or what is meant, by name as it was."""

    name: str
    kind: Kind
    id: UUID

    @property
    def words(self) -> str:
        """`next in Payments on-call`."""
        before, after = _AROUND[self.kind]
        return f"{before}{self.name}{after}"

    @property
    def user(self) -> UUID | None:
        return self.id if self.kind.of == "user" else None

    @property
    def schedule(self) -> UUID | None:
        return self.id if self.kind.of == "schedule" else None

    @property
    def team(self) -> UUID | None:
        return self.id if self.kind.of == "team" else None


@dataclass(frozen=True, slots=True)
class Step:
    """Who is paged so many seconds after the round's start, where its conditions hold."""

    delay_s: int
    targets: tuple[Target, ...]
    when: Conditions = ALWAYS

    @property
    def wants_people(self) -> bool:
        """Whether it is meant to wake somebody, and not only to tell a channel."""
        return any(target.kind.of != "channel" for target in self.targets)


@dataclass(frozen=True, slots=True)
class Final:
    """If nobody answers: a team by its own rule, or nobody on purpose. Neither: not decided yet."""

    team: UUID | None = None
    name: str = ""
    nobody: bool = False

    @property
    def decided(self) -> bool:
        return self.team is not None or self.nobody


UNDECIDED = Final()


@dataclass(frozen=True, slots=True)
class Plan:
    """The rules of an escalation. `repeats` more rounds follow the first, each so long after the last step."""

    repeats: int
    repeat_after_s: int
    steps: tuple[Step, ...]
    final: Final = UNDECIDED

    @property
    def length(self) -> timedelta:
        """From one round's start to the next, and from the last one's to the final step."""
        return timedelta(seconds=self.steps[-1].delay_s + self.repeat_after_s)


def plan_of(stored: Mapping[str, Any]) -> Plan:
    """Reads a frozen plan, as the SQL function `policy_plan` makes it. An escalation that pages nobody stores `{}`: a plan
    without steps."""
    steps = tuple(
        Step(s["delay_s"], tuple(_target(t) for t in s["targets"]), conditions_of(s.get("when")))
        for s in stored.get("steps", ())
    )
    final = stored.get("final") or {}
    team = UUID(final["team"]) if "team" in final else None
    return Plan(
        stored.get("repeats", 0), stored.get("repeat_after_s", 0), steps,
        Final(team, final.get("name", ""), bool(final.get("nobody"))),
    )  # fmt: skip


def _target(stored: Mapping[str, str]) -> Target:
    """Older plans name no kind: a user or a schedule."""
    kind = Kind(stored.get("kind") or ("user" if "user" in stored else "schedule"))
    return Target(stored.get("name") or "", kind, UUID(stored[kind.of]))
