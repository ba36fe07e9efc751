"""What tests share: a small company in the database, actors, and the fold that holds the record to the rows."""

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tocsin.incidents.field_model import with_fields
from tocsin.kernel.db import Actor, Database
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statement
from tocsin.record.kinds import KINDS, decode
from tocsin.record.model import Entry
from tocsin.record.queries import entries_after

#: Columns that entries set by `changes()`, per stream type. Everything else on the row is identity or bookkeeping.
STATE = {
    "incident": (
        "summary", "severity", "status", "impact", "reporter_contact", "products", "service_id", "private",
        "impact_started_at", "detected_at", "acknowledged_at", "first_update_at", "mitigated_at", "resolved_at",
        "update_due_at", "update_missed_at", "sub_status", "merged_into", "type", "fields",
    ),
    "alert": ("acknowledged_at", "acknowledged_by", "owner_id", "snoozed_until", "promised_until", "closed_at", "closed_by"),
    "schedule": ("name", "time_zone"),
}  # fmt: skip


#: Stands for what an entry said whose words were taken out.
TAKEN_OUT: Any = object()


@dataclass(frozen=True)
class Company:
    """Ada is the administrator; Ana (Berlin) and Ben (Sydney) are responders of Payments; Vic only looks."""

    ada: UUID
    ana: UUID
    ben: UUID
    vic: UUID
    team: UUID
    schedule: UUID
    policy: UUID
    service: UUID
    integration: UUID
    scope: UUID

    @classmethod
    async def found(cls, db: Database) -> "Company":
        c = cls(*(new_id() for _ in range(10)))
        people = (
            (c.ada, "ada@example.org", "Ada Admin", "admin", "UTC"),
            (c.ana, "ana@example.org", "Ana Silva", "member", "Europe/Berlin"),
            (c.ben, "ben@example.org", "Ben Okafor", "member", "Australia/Sydney"),
            (c.vic, "vic@example.org", "Vic Viewer", "viewer", "America/New_York"),
        )
        for user_id, email, name, role, zone in people:
            await _run(
                db,
                "insert into users (id, email, name, role, time_zone) values ($1, $2, $3, $4, $5)",
                user_id,
                email,
                name,
                role,
                zone,
            )
            method = new_id()
            await _run(
                db,
                "insert into contact_methods (id, user_id, transport, address, verified_at)"
                " values ($1, $2, 'email', $3, clock())",
                method,
                user_id,
                email,
            )
            for urgency in ("high", "low"):
                await _run(
                    db,
                    "insert into notification_rules (id, user_id, urgency, contact_method_id)"
                    " values ($1, $2, $3, $4)",
                    new_id(),
                    user_id,
                    urgency,
                    method,
                )
        await _run(db, "insert into teams (id, name) values ($1, 'Payments')", c.team)
        for user_id in (c.ana, c.ben):
            await _run(db, "insert into team_members (team_id, user_id) values ($1, $2)", c.team, user_id)
        await _run(
            db,
            "insert into schedules (id, name, team_id, time_zone) values ($1, 'Payments on-call', $2, 'UTC')",
            c.schedule,
            c.team,
        )
        await _run(
            db,
            "insert into shifts (schedule_id, user_id, starts_at, ends_at)"
            " values ($1, $2, clock() - interval '1 day', clock() + interval '6 days')",
            c.schedule,
            c.ana,
        )
        await _run(
            db,
            "insert into escalation_policies (id, name, team_id, repeats) values ($1, 'Payments', $2, 1)",
            c.policy,
            c.team,
        )
        await _run(db, "insert into escalation_steps values ($1, 0, 0), ($1, 1, 300)", c.policy)
        await _run(
            db,
            "insert into escalation_targets (id, policy_id, position, schedule_id) values ($1, $2, 0, $3)",
            new_id(),
            c.policy,
            c.schedule,
        )
        await _run(
            db,
            "insert into escalation_targets (id, policy_id, position, user_id) values ($1, $2, 1, $3)",
            new_id(),
            c.policy,
            c.ben,
        )
        await _run(
            db,
            "insert into services (id, name, tier, team_id, escalation_policy_id)"
            " values ($1, 'Checkout', 1, $2, $3)",
            c.service,
            c.team,
            c.policy,
        )
        await _run(
            db,
            "insert into integrations (id, name, format, scope, service_id)"
            " values ($1, 'Alertmanager', 'alertmanager', $2, $3)",
            c.integration,
            c.scope,
            c.service,
        )
        return c

    def admin(self) -> Actor:
        return Actor(self.ada, "Ada Admin", "user", "admin")

    def as_ana(self) -> Actor:
        return Actor(self.ana, "Ana Silva", "user", "member")

    def as_ben(self) -> Actor:
        return Actor(self.ben, "Ben Okafor", "user", "member")

    def as_vic(self) -> Actor:
        return Actor(self.vic, "Vic Viewer", "user", "viewer")


async def _run(db: Database, text: str, *args: Any) -> None:
    await db.run(Statement("test", text), *args)


def told_by(kind: str, method: str) -> set[str]:
    """The columns that a kind's `changes` or `item` names, read from its source: of an entry without its words nothing else is left."""
    told = getattr(KINDS[kind], method, None)
    return set(re.findall(r'"(\w+)":', inspect.getsource(told))) if told else set()


async def fold_and_compare(db: Database) -> None:
    """Folds every stream's entries into a state and compares it with the row that the commands wrote."""
    for stream_type, columns in STATE.items():
        for row in await db.rows(Statement("test", f"select * from {stream_type}s")):
            entries = await entries_after(db, row["id"], 0, 100_000)
            assert [e.seq for e in entries] == list(range(1, row["head"] + 1)), f"{row['id']} has a gap"
            if stream_type == "schedule" and (not entries or entries[0].kind != "schedule_created"):
                continue  # It is older than its history.
            state: dict[str, Any] = {}
            for entry in entries:
                if entry.redacted_at is not None:
                    # What it said is gone: its columns are compared again when a later entry sets them.
                    state.update(dict.fromkeys(told_by(entry.kind, "changes"), TAKEN_OUT))
                    continue
                changes = getattr(decode(entry.kind, entry.payload), "changes", dict)()
                if "fields" in changes:
                    before = {} if entry.kind == "incident_imported" else state.get("fields") or {}
                    changes["fields"] = (
                        before if before is TAKEN_OUT else with_fields(before, changes["fields"])
                    )
                state.update(changes)
            if stream_type == "incident" and not any(entry.redacted_at for entry in entries):
                await _compare_items(db, row["id"], entries)
            for column in columns:
                if state.get(column) is TAKEN_OUT:
                    continue
                assert _same(state.get(column), row[column]), (
                    f"{stream_type}.{column} is {row[column]!r}, but its entries say {state.get(column)!r}"
                )


async def _compare_items(db: Database, incident_id: Any, entries: Sequence[Entry]) -> None:
    """What people work on is what its entries say, in its newest words."""
    items: dict[int, dict[str, Any]] = {}
    for entry in entries:
        payload = decode(entry.kind, entry.payload)
        if hasattr(payload, "item"):
            items.setdefault(getattr(payload, "seq", entry.seq), {}).update(payload.item())
    found = await db.rows(
        Statement("test", "select * from incident_items where incident_id = $1"), incident_id
    )
    for row in found:
        for column in ("kind", "state", "text", "why", "undo", "outcome", "evidence"):
            said = items[row["seq"]].get(column)
            assert _same(said, row[column]), (
                f"item {row['seq']}: {column} is {row[column]!r}, entries say {said!r}"
            )


def _same(folded: Any, stored: Any) -> bool:
    if isinstance(stored, datetime):
        return isinstance(folded, datetime) and abs((folded - stored).total_seconds()) < 0.001
    if isinstance(stored, dict):
        return (folded or {}) == stored
    if stored in ("", []) or stored is False or stored is None:
        return folded in (None, "", [], (), False)
    if isinstance(stored, list):
        return list(folded or ()) == stored
    return str(folded) == str(stored)
