"""What the API takes and shows of escalation policies; the domain checks for sense."""

from datetime import time
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from tocsin.api.v1.oncall_bodies import Strict, Weekday
from tocsin.edge.channels import CARRIES, new_channel
from tocsin.edge.site import Site
from tocsin.kernel.errors import Invalid
from tocsin.paging.conditions import ALWAYS, Conditions, Hours
from tocsin.paging.drafts import PolicyDraft, StepDraft, TargetDraft
from tocsin.paging.plans import Final, Kind
from tocsin.paging.policy_queries import Preview

Tag = Annotated[str, Field(min_length=1, max_length=100)]


class TargetBody(Strict):
    """Whom a step means. `id` names a user, schedule or team by `kind`. A webhook or chat channel is given by `url` (an
    https address, or an Apprise URL for a chat channel), `name` and, for a webhook, a signing `secret`; or by the `id` that
    the policy shows, to keep it. The url and secret of a chat channel are not shown again."""

    kind: Kind
    id: UUID | None = None
    name: str = Field("", max_length=100)
    url: str = Field("", max_length=2000)
    secret: str = Field("", max_length=200)

    def draft(self, site: Site) -> TargetDraft:
        if self.kind in CARRIES and self.url:
            return TargetDraft(
                self.kind, None, new_channel(site, self.kind, self.name, self.url, self.secret)
            )
        if self.id is None:
            raise Invalid("steps", f"A target of the kind {self.kind} needs an id.")
        return TargetDraft(self.kind, self.id)


class HoursBody(Strict):
    """Hours on the clock of a time zone, on ISO weekdays (Monday is 1); until the next day where they end before they begin."""

    zone: str = Field(max_length=60)
    days: tuple[Weekday, ...] = (1, 2, 3, 4, 5)
    start: time = Field(alias="from")
    end: time = Field(alias="until")
    within: bool = Field(True, description="False: outside of these hours.")


class ConditionsBody(Strict):
    """All must hold, else the step is skipped. `tags`: each must be there; `without`: none may be there."""

    hours: HoursBody | None = None
    priorities: tuple[Annotated[int, Field(ge=1, le=5)], ...] = ()
    tags: tuple[Tag, ...] = ()
    without: tuple[Tag, ...] = ()

    def conditions(self) -> Conditions:
        h = self.hours
        hours = Hours(h.zone, tuple(sorted(set(h.days))), h.start, h.end, h.within) if h else None
        return Conditions(hours, tuple(sorted(set(self.priorities))), self.tags, self.without)


class StepBody(Strict):
    """Whom to page, so many seconds after the start. `users` and `schedules` are short for targets of these kinds."""

    delay_s: int = Field(0, ge=0, le=604800)
    users: tuple[UUID, ...] = ()
    schedules: tuple[UUID, ...] = ()
    targets: tuple[TargetBody, ...] = ()
    when: ConditionsBody | None = None

    def draft(self, site: Site) -> StepDraft:
        plain = StepDraft.plain(self.delay_s, self.users, self.schedules)
        targets = (*plain.targets, *(target.draft(site) for target in self.targets))
        return StepDraft(self.delay_s, targets, self.when.conditions() if self.when else ALWAYS)


class FinalBody(Strict):
    """If nobody answers: a fallback team, paged by its own rule; or `nobody`, on purpose."""

    team: UUID | None = None
    nobody: bool = False

    def final(self) -> Final:
        if self.team and self.nobody:
            raise Invalid("final", "Either a fallback team or nobody, not both.")
        return Final(self.team, "", self.nobody)


class PolicyBody(Strict):
    """Whom to page, in what order; and what follows if nobody answers, which must be said."""

    name: str = Field(min_length=1, max_length=100)
    team_id: UUID | None = None
    repeats: int = Field(2, ge=0, le=20)
    repeat_after_s: int = Field(300, ge=60, le=86400)
    steps: list[StepBody] = Field(min_length=1, max_length=20)
    final: FinalBody

    def draft(self, site: Site) -> PolicyDraft:
        """As the domain takes it. Raises `Invalid`."""
        steps = tuple(step.draft(site) for step in self.steps)
        return PolicyDraft(
            self.name, steps, self.final.final(), self.team_id, self.repeats, self.repeat_after_s
        )


def shown_preview(preview: Preview) -> dict[str, Any]:
    """`steps` in order, the fallback as the last one; `note` says why one is skipped or finds nobody. `heard_at`: not
    urgent, and waits until then for people's working hours."""
    return {
        "at": preview.at,
        "steps": [
            {
                "at": s.at, "round": s.round, "step": s.step, "final": s.final, "people": s.people, "channels": s.channels,
                "targets": [t.words for t in s.targets], "skipped": s.skipped, "empty": s.empty, "note": s.note,
                "heard_at": s.heard_at,
            }
            for s in preview.steps
        ],
        "ending": preview.ending,
    }  # fmt: skip
