"""The public status page: what the outside sees. Only words written for the public get here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class ComponentStatus(StrEnum):
    """From fine to worst; the words are the well-known ones."""

    OPERATIONAL = "operational"
    UNDER_MAINTENANCE = "under_maintenance"
    DEGRADED_PERFORMANCE = "degraded_performance"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"


IMPACTS = ("none", "minor", "major", "critical")
#: What severity means to the outside.
IMPACT_OF = {1: "critical", 2: "major", 3: "minor"}
_OF_COMPONENT = {
    ComponentStatus.OPERATIONAL: "none",
    ComponentStatus.UNDER_MAINTENANCE: "maintenance",
    ComponentStatus.DEGRADED_PERFORMANCE: "minor",
    ComponentStatus.PARTIAL_OUTAGE: "major",
    ComponentStatus.MAJOR_OUTAGE: "critical",
}
_SENTENCES = {
    "none": "All Systems Operational",
    "maintenance": "Service Under Maintenance",
    "minor": "Partially Degraded Service",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
}
_WORST_FIRST = ("critical", "major", "minor", "maintenance", "none")


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The page's own words."""

    id: str
    name: str
    description: str
    time_zone: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Component:
    """One thing that customers know by name."""

    id: str
    name: str
    description: str
    service_id: UUID | None
    status: ComponentStatus
    position: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PublicUpdate:
    """One update as the public reads it. `affected`: components with their status before and after."""

    id: str
    publication_id: str
    status: str
    body: str
    created_at: datetime
    affected: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """The public face of an incident, without its updates."""

    id: str
    title: str
    status: str
    impact: str
    started_at: datetime
    created_at: datetime
    updated_at: datetime
    next_update_at: datetime | None
    monitoring_at: datetime | None
    resolved_at: datetime | None

    @property
    def day(self) -> date:
        """The day it was first published, in UTC; history is grouped by it."""
        return self.created_at.date()


@dataclass(frozen=True, slots=True)
class Publication:
    """The public face of an incident. Updates are newest first; components as they are now."""

    row: PublicationRow
    updates: tuple[PublicUpdate, ...]
    components: tuple[Component, ...]


@dataclass(frozen=True, slots=True)
class PublicView:
    """Everything that the page shows, read in one go."""

    page: StatusPage
    components: tuple[Component, ...]
    current: tuple[Publication, ...]
    past: tuple[Publication, ...]
    now: datetime

    @property
    def indicator(self) -> str:
        """none, minor, major, critical or maintenance: the worst of components and current incidents."""
        return overall(self.components, self.current)

    @property
    def sentence(self) -> str:
        return _SENTENCES[self.indicator]


def overall(components: Iterable[Component], current: Iterable[Publication]) -> str:
    """The worst word of all."""
    words = {_OF_COMPONENT[c.status] for c in components} | {p.row.impact for p in current}
    return next((word for word in _WORST_FIRST if word in words), "none")


def public_status(status: str) -> str:
    """The public has four words; a mitigated incident is one that is being watched."""
    return "monitoring" if status == "mitigated" else status


def body_of(state: str, status_now: Iterable[str], next_steps: Iterable[str], unknowns: str) -> str:
    """The update's shape as plain text, for the page, feeds and other people's widgets."""
    parts = [state]
    for heading, lines in (("Current status", status_now), ("Next steps", next_steps)):
        bullets = [f"• {line}" for line in lines]
        if bullets:
            parts.append("\n".join([f"{heading}:", *bullets]))
    if unknowns:
        parts.append(f"Not known yet: {unknowns}")
    return "\n\n".join(parts)
