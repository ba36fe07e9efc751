"""What can happen to an incident. `changes()` names the columns that an entry sets; commands write exactly these."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.incidents.said_model import TAGS, Mention
from tocsin.record.kinds import kind, utc


def _ended(text: str) -> str:
    """With a full stop, unless it ends in some mark already."""
    return text if text[-1:] in ".!?…:" else f"{text}."


@kind("incident_declared")
@dataclass(frozen=True, slots=True)
class IncidentDeclared:
    """Somebody declared an incident, with what was known then."""

    key: str
    summary: str
    severity: int
    impact: str = ""
    reporter_contact: str = ""
    products: tuple[str, ...] = ()
    service_id: UUID | None = None
    service: str = ""
    private: bool = False
    detected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    update_due_at: datetime | None = None
    type: str | None = None
    type_title: str = ""
    fields: dict[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        known = [f"service: {self.service}"] * bool(self.service) + [f"type: {self.type_title}"] * bool(
            self.type_title
        )
        about = f" ({', '.join(known)})" if known else ""
        return f"declared {self.key} as SEV{self.severity}: {self.summary}{about}"

    def changes(self) -> dict[str, Any]:
        return {
            "summary": self.summary, "severity": self.severity, "status": "investigating", "impact": self.impact,
            "reporter_contact": self.reporter_contact, "products": self.products, "service_id": self.service_id,
            "private": self.private, "detected_at": self.detected_at, "acknowledged_at": self.acknowledged_at,
            "update_due_at": self.update_due_at, "type": self.type, "fields": self.fields,
        }  # fmt: skip


@kind("message")
@dataclass(frozen=True, slots=True)
class MessageSaid:
    """A line that somebody said in the room; `said_by`, when somebody else wrote it down for them; `cue`: taken from a transcript."""

    text: str
    reply_to: int = 0
    reply_to_by: str = ""
    mentions: tuple[Mention, ...] = ()
    said_by: str = ""
    tag: str = ""
    transcript: int = 0
    cue: int = 0

    def sentence(self) -> str:
        if self.said_by:
            return f"{self.said_by} {TAGS.get(self.tag, 'said')}: {self.text}"
        return f"{self.tag}: {self.text}" if self.tag in ("decided", "seen") else self.text


@kind("severity_changed")
@dataclass(frozen=True, slots=True)
class SeverityChanged:
    """The severity was changed, perhaps with a reason."""

    severity: int
    was: int
    why: str = ""
    update_due_at: datetime | None = None

    def sentence(self) -> str:
        return f"set the severity to SEV{self.severity}, was SEV{self.was}" + (
            f": {self.why}" if self.why else ""
        )

    def changes(self) -> dict[str, Any]:
        return {"severity": self.severity, "update_due_at": self.update_due_at}


@kind("status_changed")
@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The status was changed; the first time it is mitigated is kept."""

    status: str
    was: str
    mitigated_at: datetime | None = None

    def sentence(self) -> str:
        return f"set the status to {self.status}, was {self.was}"

    def changes(self) -> dict[str, Any]:
        return {"status": self.status, "mitigated_at": self.mitigated_at}


@kind("summary_changed")
@dataclass(frozen=True, slots=True)
class SummaryChanged:
    """The one-line summary was rewritten."""

    summary: str

    def sentence(self) -> str:
        return f"changed the summary to “{self.summary}”"

    def changes(self) -> dict[str, Any]:
        return {"summary": self.summary}


@kind("impact_changed")
@dataclass(frozen=True, slots=True)
class ImpactChanged:
    """What customers notice was rewritten."""

    impact: str

    def sentence(self) -> str:
        return f"described the impact: {self.impact}" if self.impact else "cleared the impact"

    def changes(self) -> dict[str, Any]:
        return {"impact": self.impact}


@kind("reporter_changed")
@dataclass(frozen=True, slots=True)
class ReporterChanged:
    """Where whoever reported it can be reached was rewritten."""

    reporter_contact: str

    def sentence(self) -> str:
        return (
            f"set the reporter's contact to {self.reporter_contact}"
            if self.reporter_contact
            else "cleared the reporter's contact"
        )

    def changes(self) -> dict[str, Any]:
        return {"reporter_contact": self.reporter_contact}


@kind("service_changed")
@dataclass(frozen=True, slots=True)
class ServiceChanged:
    """Another service turned out to be faulty, or none is known."""

    service_id: UUID | None
    service: str

    def sentence(self) -> str:
        return (
            f"set the faulty service to {self.service}"
            if self.service
            else "set the faulty service to unknown"
        )

    def changes(self) -> dict[str, Any]:
        return {"service_id": self.service_id}


@kind("times_corrected")
@dataclass(frozen=True, slots=True)
class TimesCorrected:
    """Somebody found out when it began for customers, or when it was noticed or mitigated."""

    impact_started_at: datetime | None
    detected_at: datetime | None
    mitigated_at: datetime | None

    def sentence(self) -> str:
        named = {
            "impact started": self.impact_started_at, "detected": self.detected_at, "mitigated": self.mitigated_at,
        }  # fmt: skip
        return "set the times: " + ", ".join(f"{k} {utc(v) if v else 'unknown'}" for k, v in named.items())

    def changes(self) -> dict[str, Any]:
        return {
            "impact_started_at": self.impact_started_at, "detected_at": self.detected_at,
            "mitigated_at": self.mitigated_at,
        }  # fmt: skip


@kind("responder_joined")
@dataclass(frozen=True, slots=True)
class ResponderJoined:
    """Somebody takes part."""

    def sentence(self) -> str:
        return "joined"


@kind("responder_left")
@dataclass(frozen=True, slots=True)
class ResponderLeft:
    """Somebody does not take part any more."""

    def sentence(self) -> str:
        return "left"


@kind("alert_linked")
@dataclass(frozen=True, slots=True)
class AlertLinked:
    """An alert belongs to this incident."""

    alert_id: UUID
    number: int
    message: str

    def sentence(self) -> str:
        return f"linked alert #{self.number}: {self.message}"


@kind("alert_unlinked")
@dataclass(frozen=True, slots=True)
class AlertUnlinked:
    """An alert turned out to be about something else."""

    alert_id: UUID
    number: int
    message: str

    def sentence(self) -> str:
        return f"unlinked alert #{self.number}: {self.message}"


@kind("update_published")
@dataclass(frozen=True, slots=True)
class UpdatePublished:
    """An update went to its audience; the next one was promised."""

    update_id: UUID
    audience: str
    state: str
    status_now: tuple[str, ...]
    next_steps: tuple[str, ...]
    unknowns: str
    status: str
    next_update_at: datetime | None
    first_update_at: datetime
    mitigated_at: datetime | None = None
    #: Only for the public page: its title, and what components are to be set to.
    title: str = ""
    components: dict[str, str] | None = None
    #: The one before still holds, word for word.
    unchanged: bool = False

    def sentence(self) -> str:
        what = "said that nothing has changed" if self.unchanged else "published an update"
        said = f"{what} for {self.audience}: {_ended(self.state)}"
        return f"{said} Next update at {utc(self.next_update_at)}." if self.next_update_at else said

    def changes(self) -> dict[str, Any]:
        return {
            "status": self.status, "update_due_at": self.next_update_at, "update_missed_at": None,
            "first_update_at": self.first_update_at, "mitigated_at": self.mitigated_at,
        }  # fmt: skip


@kind("update_missed")
@dataclass(frozen=True, slots=True)
class UpdateMissed:
    """The promised time of an update passed without one."""

    due_at: datetime
    at: datetime

    def sentence(self) -> str:
        return f"an update was promised for {utc(self.due_at)} and did not come"

    def changes(self) -> dict[str, Any]:
        return {"update_missed_at": self.at}


@kind("update_reminded")
@dataclass(frozen=True, slots=True)
class UpdateReminded:
    """Whoever owes the next update is reminded before it is due."""

    to_id: UUID
    to: str
    due_at: datetime

    def sentence(self) -> str:
        return f"reminds {self.to}: the next update is due at {utc(self.due_at)}"


@kind("incident_resolved")
@dataclass(frozen=True, slots=True)
class IncidentResolved:
    """It is over for those who were affected."""

    text: str
    at: datetime

    def sentence(self) -> str:
        return "resolved it" + (f": {self.text}" if self.text else "")

    def changes(self) -> dict[str, Any]:
        return {
            "status": "resolved",
            "resolved_at": self.at,
            "sub_status": "",
            "update_due_at": None,
            "update_missed_at": None,
        }


@kind("incident_cancelled")
@dataclass(frozen=True, slots=True)
class IncidentCancelled:
    """It was a false alarm or a duplicate; no postmortem is asked for."""

    why: str
    at: datetime

    def sentence(self) -> str:
        return "cancelled it" + (f": {self.why}" if self.why else "")

    def changes(self) -> dict[str, Any]:
        return {
            "status": "resolved",
            "resolved_at": self.at,
            "sub_status": "",
            "update_due_at": None,
            "update_missed_at": None,
        }


@kind("incident_reopened")
@dataclass(frozen=True, slots=True)
class IncidentReopened:
    """It was not over."""

    update_due_at: datetime | None
    why: str = ""

    def sentence(self) -> str:
        return "opened it again" + (f": {self.why}" if self.why else "")

    def changes(self) -> dict[str, Any]:
        return {
            "status": "investigating", "resolved_at": None, "merged_into": None, "update_due_at": self.update_due_at,
        }  # fmt: skip


@kind("entry_redacted")
@dataclass(frozen=True, slots=True)
class EntryRedacted:
    """The words of an entry were taken out; that it was there stays."""

    seq: int
    reason: str

    def sentence(self) -> str:
        return f"took the words out of entry {self.seq}: {self.reason}"
