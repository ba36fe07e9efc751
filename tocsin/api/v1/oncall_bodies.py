"""What the on-call API takes: schedules with their layers, checked for shape; the domain checks for sense."""

from datetime import date, time
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from tocsin.oncall.cover import OverrideDraft
from tocsin.oncall.drafts import MAX_LAYERS, MAX_TURNS, RotationDraft, ScheduleDraft
from tocsin.oncall.model import Coverage, Participant, Restriction, RotationKind, TeamTurns

Weekday = Annotated[int, Field(ge=1, le=7)]


class Strict(BaseModel):
    """A field that is not known is refused: a typing error must not become a schedule with a hole."""

    model_config = ConfigDict(extra="forbid")


class ParticipantBody(Strict):
    """A person, a team (its members one after the other, by name), or with neither: deliberately nobody."""

    user: UUID | None = None
    team: UUID | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "ParticipantBody":
        if self.user and self.team:
            raise ValueError("a turn is a person's or a team's, not both")
        return self

    def participant(self) -> Participant:
        """As the domain takes it."""
        return TeamTurns(self.team) if self.team else self.user


class RestrictionBody(Strict):
    """When a layer counts, on its own clock. `days`: ISO weekdays on which it opens, none for all. It closes at `end` on
    the same day (the next one when that is not later), on `until_day`, or when the clock of `end_zone` shows it next."""

    start: time
    end: time
    days: list[Weekday] = Field([], max_length=7)
    until_day: Weekday | None = None
    end_zone: str | None = Field(None, max_length=60)

    def restriction(self) -> Restriction:
        """As the domain takes it."""
        return Restriction(self.start, self.end, tuple(self.days), self.until_day, self.end_zone)


class RotationBody(Strict):
    """A layer of a schedule. The hand-off keeps its wall-clock time. With the `id` of a layer that is there, it is that
    layer, changed."""

    participants: list[ParticipantBody | UUID] = Field([], max_length=MAX_TURNS)
    handoff_time: time = time(9)
    start_date: date = date(2026, 1, 5)
    kind: RotationKind = RotationKind.WEEKLY
    length: int = Field(1, ge=1, le=1000)
    name: str = Field("", max_length=100)
    ends_at: AwareDatetime | None = None
    restrictions: list[RestrictionBody] = Field([], max_length=50)
    time_zone: str | None = Field(None, max_length=60)
    skip_holidays: bool = False
    source_url: str | None = Field(None, max_length=2000)
    id: UUID | None = None

    def draft(self) -> RotationDraft:
        """As the domain takes it."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        fields["participants"] = tuple(
            p if isinstance(p, UUID) else p.participant() for p in self.participants
        )
        fields["restrictions"] = tuple(r.restriction() for r in self.restrictions)
        return RotationDraft(**fields)


class ScheduleBody(Strict):
    """A schedule; the last layer covers the ones before it, unless all of them are on call together."""

    name: str = Field(min_length=1, max_length=100)
    time_zone: str = Field(max_length=60)
    team_id: UUID | None = None
    description: str = Field("", max_length=2000)
    coverage: Coverage = Coverage.LAYERED
    needs_acceptance: bool = False
    max_nights: int = Field(7, ge=1, le=366)
    fatigue_pages: int = Field(3, ge=0, le=100)
    fatigue_hours: int = Field(192, ge=0, le=2000)
    rotations: list[RotationBody] = Field([], max_length=MAX_LAYERS)

    def draft(self) -> ScheduleDraft:
        """As the domain takes it."""
        names = [name for name in ScheduleBody.model_fields if name != "rotations"]
        fields: dict[str, Any] = {name: getattr(self, name) for name in names}
        return ScheduleDraft(**fields, rotations=tuple(r.draft() for r in self.rotations))


class ScheduleChangeBody(ScheduleBody):
    """A schedule as GET answers it, changed. What is not for changing may stay in it."""

    version: int = Field(ge=1, description="The version that this was made from.")
    id: UUID | None = None
    not_computed: str | None = None
    materialised_until: AwareDatetime | None = None


class OverrideBody(Strict):
    """Somebody else on call for a while; with `replaces`, only where that person would be."""

    user_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    replaces: UUID | None = None
    reason: str = Field("", max_length=500)

    def draft(self) -> OverrideDraft:
        """As the domain takes it."""
        return OverrideDraft(self.user_id, self.starts_at, self.ends_at, self.replaces, self.reason)


class RangeBody(Strict):
    """A part of somebody's shift."""

    holder_id: UUID
    starts_at: AwareDatetime
    ends_at: AwareDatetime
