"""What the next person should know, made from the record at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tocsin.alerts.silence_model import SilenceState
from tocsin.alerts.silences import silences
from tocsin.duty.words import day_and_time
from tocsin.incidents.model import Status
from tocsin.kernel.db import Reader, Row
from tocsin.kernel.sql import Statements
from tocsin.oncall.queries import on_call_now

sql = Statements("tocsin.duty", "handover_brief.sql")
#: Of each kind so many are listed; beyond that it is said that there are more.
MOST = 20


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that goes on. `roles`: what the outgoing person holds in it; `update_due_at`: what was promised."""

    key: str
    summary: str
    severity: int
    status: Status
    update_due_at: datetime | None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert that pages this schedule. `silent_until`: nobody is paged before. `promised_until`: when whoever has it gives the
    next sign of life, else paging goes on."""

    number: int
    message: str
    priority: int
    service: str
    started_at: datetime
    acknowledged_by: str = ""
    silent_until: datetime | None = None
    promised_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenSilence:
    """What pages nobody until `ends_at` (of one that recurs: the end of its present time)."""

    id: UUID
    kind: str
    about: str
    reason: str
    owner: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down for the next person, and nobody has done yet."""

    id: UUID
    author: str
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything open. `more` names the kinds of which there is more than is listed; `outgoing` is whose roles they are."""

    made_at: datetime
    incidents: tuple[OpenIncident, ...] = ()
    alerts: tuple[OpenAlert, ...] = ()
    notes: tuple[Note, ...] = ()
    more: tuple[str, ...] = ()
    outgoing: str = ""
    silences: tuple[OpenSilence, ...] = ()

    @property
    def awake(self) -> tuple[OpenAlert, ...]:
        """Alerts that may page somebody at any moment."""
        return tuple(a for a in self.alerts if a.silent_until is None)

    @property
    def silent(self) -> tuple[OpenAlert, ...]:
        """Alerts that nobody is paged about for now, the soonest to wake first."""
        return tuple(
            sorted((a for a in self.alerts if a.silent_until), key=lambda a: a.silent_until or self.made_at)
        )

    @property
    def promised(self) -> tuple[OpenIncident, ...]:
        """Incidents with an update that was promised, or a role that the outgoing person holds."""
        return tuple(i for i in self.incidents if i.update_due_at or i.roles)

    @property
    def empty(self) -> bool:
        """Nothing is open."""
        return not (self.incidents or self.alerts or self.notes or self.silences)


async def make_brief(
    db: Reader, schedule_id: UUID, reader: UUID | None, outgoing: UUID | None = None, name: str = ""
) -> Brief:
    """What is open for a schedule, as far as `reader` may see it; with the roles of the `outgoing` person, called `name`."""
    incidents = [_incident(r) for r in await db.rows(sql.open_incidents, reader, outgoing, MOST + 1)]
    alerts = [OpenAlert(**r) for r in await db.rows(sql.open_alerts, schedule_id, MOST + 1)]
    notes = await db.all(Note, sql.open_notes, schedule_id, MOST + 1)
    quiet = await _silences(db, schedule_id)
    counts = {
        "incidents": len(incidents), "alerts": len(alerts), "notes": len(notes), "silences": len(quiet),
    }  # fmt: skip
    return Brief(
        await db.clock(), tuple(incidents[:MOST]), tuple(alerts[:MOST]), tuple(notes[:MOST]),
        tuple(kind for kind, count in counts.items() if count > MOST), name, tuple(quiet[:MOST]),
    )  # fmt: skip


async def _silences(db: Reader, schedule_id: UUID) -> list[OpenSilence]:
    """What is silenced now, the soonest end first: of services that page this schedule, and of no service in particular."""
    own = {row["id"] for row in await db.rows(sql.own_services, schedule_id)}
    return [
        OpenSilence(s.id, s.kind, s.about, s.reason, s.owner_name, s.active_until or s.ends_at)
        for s in await silences(db, SilenceState.ACTIVE)
        if not s.services or own & set(s.service_ids)
    ][: MOST + 1]


async def brief_now(db: Reader, schedule_id: UUID, reader: UUID | None) -> Brief:
    """The same for whoever looks at it now: the roles are those of the person on call, where that is one."""
    holders = [row for row in await on_call_now(db, schedule_id) if row.user_id]
    if len(holders) != 1:
        return await make_brief(db, schedule_id, reader)
    return await make_brief(db, schedule_id, reader, holders[0].user_id, holders[0].user_name or "")


def _incident(row: Row) -> OpenIncident:
    roles = tuple(str(role).replace("_", " ") for role in row["roles"])
    return OpenIncident(
        row["key"], row["summary"], row["severity"], Status(row["status"]), row["update_due_at"], roles
    )


def words(brief: Brief, zone: str) -> str:
    """The brief as plain text, on the reader's clock."""
    if brief.empty:
        return "Nothing is open: no incident, no alert, no silence, no note."
    parts = [
        _part("Open incidents", [_say_incident(i) for i in brief.incidents], "incidents" in brief.more),
        _part("Open alerts", [_say_alert(a, zone) for a in brief.awake], "alerts" in brief.more),
        _part("Silent alerts", [_say_alert(a, zone) for a in brief.silent], more=False),
        _part("Silences", [_say_silence(s, zone) for s in brief.silences], "silences" in brief.more),
        _part("Promises", _promises(brief, zone), more=False),
        _part("Notes", [f"{n.text} ({n.author})" for n in brief.notes], "notes" in brief.more),
    ]
    return "\n\n".join(part for part in parts if part)


def _part(title: str, lines: Sequence[str], more: bool) -> str:
    shown = [f"- {line}" for line in lines] + (["- and more"] if more else [])
    return "\n".join([f"{title}:", *shown]) if shown else ""


def _say_incident(incident: OpenIncident) -> str:
    return f"{incident.key} SEV{incident.severity} {incident.status}: {incident.summary}"


def _say_alert(alert: OpenAlert, zone: str) -> str:
    has = f", {alert.acknowledged_by} has it" if alert.acknowledged_by else ""
    silent = f", silent until {day_and_time(alert.silent_until, zone)}" if alert.silent_until else ""
    return f"P{alert.priority} #{alert.number} {alert.message} ({alert.service}{has}{silent})"


def _say_silence(silence: OpenSilence, zone: str) -> str:
    until = day_and_time(silence.ends_at, zone)
    return f"{silence.kind.capitalize()} until {until}: {silence.about} ({silence.reason}; {silence.owner or 'no owner'})"


def _promises(brief: Brief, zone: str) -> list[str]:
    """Of incidents, then of alerts."""
    return [_say_promise(i, brief, zone) for i in brief.promised] + [
        f"#{a.number}: {a.acknowledged_by} gives a sign of life by {day_and_time(a.promised_until, zone)}"
        for a in brief.alerts if a.promised_until
    ]  # fmt: skip


def _say_promise(incident: OpenIncident, brief: Brief, zone: str) -> str:
    due = f"next update by {day_and_time(incident.update_due_at, zone)}" if incident.update_due_at else ""
    holds = (
        f"{brief.outgoing or 'the person before'} is {' and '.join(incident.roles)}" if incident.roles else ""
    )
    return f"{incident.key}: {'; '.join(part for part in (due, holds) if part)}"
