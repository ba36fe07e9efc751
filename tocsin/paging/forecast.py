"""Who would be paged when, if nobody answers. Pure: the same rules as the statement `advance`, for one escalation.

`tests/domain/test_policy_forecast.py` holds the two together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from uuid import UUID

from tocsin.paging.plans import Kind, Plan, Step, Target
from tocsin.paging.undisturbed import Undisturbed

#: After a stall, one step per pass, and this long between two passes (or the steps' own gap, if that is shorter).
MINIMUM_GAP = timedelta(seconds=30)
#: So far around now the next and the previous person of a schedule are looked for.
BESIDE = timedelta(days=90)
NOBODY = "Nobody is on call for it, and nobody active is named in it."
UNREACHABLE = "Nobody in it has a contact method that works."


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody holds a schedule for a while."""

    user: UUID
    starts_at: datetime
    ends_at: datetime
    track: int = 0


@dataclass(frozen=True, slots=True)
class TeamFacts:
    """A team: its paging rule, the schedules it owns, its active members by id, and how many turns it has given out."""

    rule: str
    schedules: tuple[UUID, ...]
    members: tuple[UUID, ...]
    given: int = 0


@dataclass(frozen=True, slots=True)
class Roster:
    """Whom the targets of a plan can mean. `people`: those who are active, by name; `reachable`: who has a way to be reached."""

    people: Mapping[UUID, str] = field(default_factory=dict)
    reachable: frozenset[UUID] = frozenset()
    shifts: Mapping[UUID, Sequence[Held]] = field(default_factory=dict)
    teams: Mapping[UUID, TeamFacts] = field(default_factory=dict)
    #: When each may be told what is not urgent; empty for what is.
    undisturbed: Mapping[UUID, Undisturbed] = field(default_factory=dict)

    def heard(self, meant: Iterable[UUID], at: datetime) -> datetime:
        """When the first of these people hears of a page that is made at a moment."""
        when = [
            self.undisturbed[u].moment(at) for u in meant if u in self.reachable and u in self.undisturbed
        ]
        return min(when, default=at)

    def on_call(self, schedule: UUID, at: datetime) -> list[UUID]:
        """Whoever holds a schedule at a moment."""
        return [h.user for h in self.shifts.get(schedule, ()) if h.starts_at <= at < h.ends_at]

    def beside(self, schedule: UUID, at: datetime, *, ahead: bool) -> list[UUID]:
        """The person of the next or the previous shift who does not hold it at that moment; none or one."""
        now = set(self.on_call(schedule, at))
        found = [h for h in self.shifts.get(schedule, ()) if h.user in self.people and h.user not in now]
        if ahead:
            later = [h for h in found if at < h.starts_at < at + BESIDE]
            return [min(later, key=lambda h: (h.starts_at, h.track, h.user)).user] if later else []
        earlier = [h for h in found if at - BESIDE < h.ends_at <= at]
        return [min(earlier, key=lambda h: (at - h.ends_at, h.track, h.user)).user] if earlier else []


@dataclass(frozen=True, slots=True)
class Where:
    """Where an escalation stands: the next round and step from 0, when the round began, and when the step is due."""

    round: int
    step: int
    start: datetime
    at: datetime
    only_skipped: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions ask of an alert."""

    priority: int = 3
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step to come. `people` and `channels` by name; `note` says why it is skipped, or that it finds nobody."""

    round: int
    step: int
    at: datetime
    targets: tuple[Target, ...]
    people: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    note: str = ""
    skipped: bool = False
    empty: bool = False
    final: bool = False
    #: It is not urgent: the first of them hears of it then, and the steps behind it wait as long.
    heard_at: datetime | None = None


def begin(plan: Plan, at: datetime) -> Where:
    """Where an escalation stands that begins at a moment."""
    delay = plan.steps[0].delay_s if plan.steps else 0
    return Where(0, 0, at, at + timedelta(seconds=delay))


def forecast(plan: Plan, roster: Roster, where: Where, facts: Facts, limit: int = 1000) -> list[PlannedStep]:
    """The next steps, at most `limit`, if nobody answers; the fallback team is the last one."""
    return list(islice(_walk(plan, roster, where, facts), limit)) if plan.steps else []


def ending(plan: Plan) -> str:
    """What follows the last step, as a sentence."""
    if plan.final.team:
        return f"If nobody in the fallback team {plan.final.name} answers either, nobody else is paged."
    if plan.final.nobody:
        return "If nobody answers, nobody else is paged: the policy says so."
    return "If nobody answers, nobody else is paged: what happens then is not decided yet."


def last_moment(plan: Plan, at: datetime) -> datetime:
    """No step of an escalation that begins at `at` is due later than this."""
    return at + plan.length * (plan.repeats + 1) if plan.steps else at


def _walk(plan: Plan, roster: Roster, where: Where | None, facts: Facts) -> Iterator[PlannedStep]:
    turns: Counter[UUID] = Counter()
    while where is not None and where.step <= len(plan.steps):
        step = _run(plan, roster, where, facts, turns)
        yield step
        where = _follow(plan, where, step)


def _run(plan: Plan, roster: Roster, where: Where, facts: Facts, turns: Counter[UUID]) -> PlannedStep:
    final = where.step == len(plan.steps)
    step = _fallback(plan) if final else plan.steps[where.step]
    planned = PlannedStep(where.round, where.step, where.at, step.targets, final=final)
    if reason := step.when.why_skipped(facts.priority, facts.tags, where.at):
        return replace(planned, note=reason, skipped=True)
    meant = dict.fromkeys(
        u for t in step.targets for u in _meant(t, roster, where.at, turns) if u in roster.people
    )
    turns.update({t.id for t in step.targets if t.team and _way(t, roster) == "round_robin"})
    channels = tuple(dict.fromkeys(t.name for t in step.targets if t.kind.of == "channel"))
    empty = not roster.reachable & meant.keys() and (step.wants_people or not channels)
    note = "" if not empty else UNREACHABLE if meant else NOBODY
    names = tuple(sorted(roster.people[user] for user in meant))
    heard = roster.heard(meant, where.at)
    return replace(
        planned,
        people=names,
        channels=channels,
        note=note,
        empty=empty,
        heard_at=heard if heard > where.at else None,
    )


def _fallback(plan: Plan) -> Step:
    team = plan.final.team
    return Step(0, (Target(plan.final.name, Kind.TEAM, team),) if team else ())


def _meant(target: Target, roster: Roster, at: datetime, turns: Counter[UUID]) -> Sequence[UUID]:
    match target.kind:
        case Kind.USER:
            return [target.id]
        case Kind.SCHEDULE:
            return roster.on_call(target.id, at)
        case Kind.NEXT | Kind.PREVIOUS:
            return roster.beside(target.id, at, ahead=target.kind is Kind.NEXT)
        case Kind.WEBHOOK | Kind.CHAT:
            return []
        case _:
            return _of_team(target, roster, at, turns[target.id])


def _way(target: Target, roster: Roster) -> str:
    """How a team is paged: as the target says, else by its own rule. Without a schedule, on call means everybody."""
    team = roster.teams.get(target.id)
    if target.kind is Kind.ROUND_ROBIN or target.kind is Kind.WHOLE_TEAM or team is None:
        return "round_robin" if target.kind is Kind.ROUND_ROBIN else "everybody"
    return "everybody" if team.rule == "on_call" and not team.schedules else team.rule


def _of_team(target: Target, roster: Roster, at: datetime, turns: int) -> Sequence[UUID]:
    team = roster.teams.get(target.id, TeamFacts("everybody", (), ()))
    way = _way(target, roster)
    if way == "on_call":
        return [user for schedule in team.schedules for user in roster.on_call(schedule, at)]
    if way != "round_robin" or not team.members:
        return team.members
    return [team.members[(team.given + turns) % len(team.members)]]


def _follow(plan: Plan, where: Where, step: PlannedStep) -> Where | None:
    """What comes after a step. An empty one lets the next run at once; a skipped one lets it wait for its own time."""
    last = len(plan.steps) - 1
    if where.step > last:
        return None
    if step.heard_at:
        where = replace(where, start=where.start + (step.heard_at - where.at))
    idle = where.only_skipped and step.skipped
    if where.step < last:
        return replace(where, step=where.step + 1, at=_next_time(plan, where, step), only_skipped=idle)
    again = max(where.start + plan.length, where.at + MINIMUM_GAP)
    if where.round < plan.repeats and not idle:
        return Where(where.round + 1, 0, again, again + timedelta(seconds=plan.steps[0].delay_s))
    if plan.final.team is None:
        return None
    return replace(where, step=last + 1, at=where.at if idle or step.empty else again)


def _next_time(plan: Plan, where: Where, step: PlannedStep) -> datetime:
    here, following = (timedelta(seconds=plan.steps[where.step + n].delay_s) for n in (0, 1))
    if step.empty:
        return where.at
    own = where.start + following
    return own if own > where.at else where.at + min(MINIMUM_GAP, following - here)
