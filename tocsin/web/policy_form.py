"""The form of an escalation policy: its steps as text, for showing what was typed again, and as a draft, for saving it."""

from collections.abc import Iterator
from datetime import time
from typing import Any
from uuid import UUID

from tocsin.edge.channels import Channel
from tocsin.edge.door import Form
from tocsin.kernel.errors import Invalid
from tocsin.paging.conditions import ALWAYS, Conditions, Hours
from tocsin.paging.drafts import PolicyDraft, StepDraft, TargetDraft
from tocsin.paging.plans import Final, Kind, Plan
from tocsin.paging.plans import Step as StoredStep

MAX_STEPS = 20
MAX_FIELDS = 4000
#: How many channels one step may get at once.
MAX_NEW = 10
PRIORITIES = [
    ("", "any"), ("1", "only P1"), ("1,2", "at least P2"), ("1,2,3", "at least P3"), ("1,2,3,4", "at least P4"),
    ("4,5", "P4 and P5"), ("5", "only P5"),
]  # fmt: skip
NEW = {"webhook:new": Kind.WEBHOOK, "chat_channel:new": Kind.CHAT}
Step = dict[str, Any]
_HOURS = ("hours", "zone", "from", "until", "priorities", "tags", "without")


def blank(minutes: str = "0", zone: str = "UTC") -> Step:
    """A new step, at any hour."""
    return {
        "minutes": minutes, "targets": [], "new": [], "hours": "", "zone": zone, "days": ["1", "2", "3", "4", "5"],
        "from": "09:00", "until": "17:00", "priorities": "", "tags": "", "without": "",
    }  # fmt: skip


def steps_of(plan: Plan, zone: str) -> list[Step]:
    """The steps of a stored policy as text."""
    return [_step_of(step, zone) for step in plan.steps]


def _step_of(step: StoredStep, zone: str) -> Step:
    when, hours = step.when, step.when.hours
    found = blank(f"{step.delay_s / 60:g}", zone) | {
        "targets": [f"{t.kind}:{t.id}" for t in step.targets],
        "priorities": ",".join(map(str, when.priorities)), "tags": ", ".join(when.tags), "without": ", ".join(when.without),
    }  # fmt: skip
    if hours:
        found |= {
            "hours": "within" if hours.within else "outside", "zone": hours.zone, "days": [str(day) for day in hours.days],
            "from": f"{hours.start:%H:%M}", "until": f"{hours.end:%H:%M}",
        }  # fmt: skip
    return found


def values_of(plan: Plan, name: str, team_id: UUID | None) -> dict[str, str]:
    """The head of a stored policy as text."""
    return {
        "name": name, "team_id": str(team_id or ""), "repeats": str(plan.repeats),
        "repeat_after": f"{plan.repeat_after_s / 60:g}", "final": "nobody" if plan.final.nobody else str(plan.final.team or ""),
    }  # fmt: skip


# -- what was typed


def steps_in(form: Form, *, chosen: bool = True) -> list[Step]:
    """The steps as they were typed. `chosen`: what a list of targets stands on counts, although nobody pressed Add."""
    return list(_steps_in(form, chosen=chosen))


def _steps_in(form: Form, *, chosen: bool) -> Iterator[Step]:
    for number in range(MAX_STEPS):
        p = f"step{number}_"
        if f"{p}minutes" not in form:
            continue
        step = blank(form.text(f"{p}minutes", most=12)) | {
            name: form.get(p + name, "").strip()[:2000] for name in _HOURS
        }
        added = form.get(f"{p}add", "") if chosen else ""
        targets = [*form.all(f"{p}targets"), *([added] if added and added not in NEW else [])]
        new = [n for m in range(MAX_NEW) if (n := _new_in(form, f"{p}new{m}_"))]
        if added in NEW and len(new) < MAX_NEW:
            new.append({"kind": NEW[added].value, "name": "", "url": "", "secret": ""})
        yield step | {"targets": list(dict.fromkeys(targets)), "new": new, "days": form.all(f"{p}days")}


def _new_in(form: Form, prefix: str) -> dict[str, str]:
    kind = form.get(f"{prefix}kind", "")
    if kind not in (Kind.WEBHOOK, Kind.CHAT):
        return {}
    texts = {name: form.get(prefix + name, "").strip()[:2000] for name in ("name", "url", "secret")}
    return {"kind": kind, **texts}


def changed(what: str, steps: list[Step]) -> list[Step]:
    """The steps after a button of the form: add, remove:1, up:1, down:1, drop:1.0, drop_new:1.0. Times stay where they are."""
    verb, _, place = what.partition(":")
    first, _, second = place.partition(".")
    number, inner = (int(part) if part.isdigit() and len(part) < 4 else 0 for part in (first, second))
    if verb == "add" and len(steps) < MAX_STEPS:
        return [*steps, blank(_later(steps), steps[-1]["zone"] if steps else "UTC")]
    if number >= len(steps):
        return steps
    if verb == "remove" and len(steps) > 1:
        return steps[:number] + steps[number + 1 :]
    if verb in ("up", "down"):
        return _swapped(steps, number, number - 1 if verb == "up" else number + 1)
    if verb in ("drop", "drop_new"):
        name = "targets" if verb == "drop" else "new"
        steps[number][name] = [t for n, t in enumerate(steps[number][name]) if n != inner]
    return steps


def _swapped(steps: list[Step], one: int, other: int) -> list[Step]:
    if not 0 <= other < len(steps):
        return steps
    swapped = list(steps)
    swapped[one] = steps[other] | {"minutes": steps[one]["minutes"]}
    swapped[other] = steps[one] | {"minutes": steps[other]["minutes"]}
    return swapped


def _later(steps: list[Step]) -> str:
    last = str(steps[-1]["minutes"]) if steps else ""
    return str(int(last) + 5) if last.isdigit() and len(last) < 6 else "5"


# -- as a draft


def draft_in(form: Form, steps: list[Step], channel: Channel) -> PolicyDraft:
    """The policy that was typed. Raises `Invalid`; steps without any target are left out when there are others."""
    filled = [s for s in steps if s["targets"] or s["new"]]
    if not filled:
        raise Invalid("steps", "Choose whom to page in at least one step.")
    return PolicyDraft(
        form.text("name", most=100), tuple(_draft(n, s, channel) for n, s in enumerate(filled, 1)), final_in(form), form.id("team_id"),
        form.whole("repeats", least=0, most=20, default=2), _pause(form.text("repeat_after", most=12)),
    )  # fmt: skip


def _pause(minutes: str) -> int:
    try:
        return _seconds(minutes or "5")
    except Invalid:
        raise Invalid("repeat_after", "Wait 1 minute to 24 hours before repeating.") from None


def final_in(form: Form) -> Final:
    """What follows if nobody answers; undecided when nothing is chosen."""
    return Final(nobody=True) if form.get("final") == "nobody" else Final(form.id("final"))


def _draft(number: int, step: Step, channel: Channel) -> StepDraft:
    try:
        targets = [*(_target(text) for text in step["targets"]), *(_new(new, channel) for new in step["new"])]
        return StepDraft(_seconds(step["minutes"]), tuple(targets), _conditions(step))
    except (Invalid, ValueError) as error:
        raise Invalid("steps", f"Step {number}: {error}") from None


def _seconds(minutes: str) -> int:
    try:
        seconds = round(float(minutes) * 60)
    except (ValueError, OverflowError):
        raise Invalid("steps", "the minutes must be a number.") from None
    if not 0 <= seconds <= 604_800:
        raise Invalid("steps", "it must start within a week.")
    return seconds


def _target(text: str) -> TargetDraft:
    kind, _, of = text.partition(":")
    if kind not in set(Kind):
        raise Invalid("steps", "whom to page is not known.")
    return TargetDraft(Kind(kind), Form([("target", of)]).needed_id("target"))


def _new(new: dict[str, str], channel: Channel) -> TargetDraft:
    kind = Kind(new["kind"])
    return TargetDraft(kind, None, channel(kind, new["name"], new["url"], new["secret"]))


def _conditions(step: Step) -> Conditions:
    priorities = tuple(int(p) for p in step["priorities"].split(",") if p.isdigit())
    tags, without = (
        tuple(t.strip() for t in step[name].split(",") if t.strip()) for name in ("tags", "without")
    )
    found = Conditions(_hours(step), priorities, tags, without)
    return found if found != ALWAYS else ALWAYS


def _hours(step: Step) -> Hours | None:
    if step["hours"] not in ("within", "outside"):
        return None
    days = tuple(sorted({int(day) for day in step["days"] if day.isdigit()}))
    try:
        start, end = time.fromisoformat(step["from"]), time.fromisoformat(step["until"])
    except ValueError:
        raise Invalid("steps", "the working hours need a start and an end.") from None
    return Hours(step["zone"], days, start, end, step["hours"] == "within")
