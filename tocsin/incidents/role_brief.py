"""What the next holder of a role is told, as a text that the one who offers it may change."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tocsin.incidents.role_definitions import rows
from tocsin.incidents.role_model import LONGEST_TEXT
from tocsin.kernel.db import Reader


async def brief_of(db: Reader, incident_id: UUID) -> str:
    """From the state of the incident: impact, what was last said, what is next, what people have under way, what is promised."""
    row = await db.row(rows.brief_facts, incident_id)
    return "\n".join(_lines(row))[:LONGEST_TEXT] if row else ""


def _lines(row: Mapping[str, Any]) -> list[str]:
    lines = [f"SEV{row['severity']}, {row['status']}: {row['summary']}"]
    for label, value in (
        ("Impact", row["impact"]),
        ("Last said", row["said"]),
        ("Not known", row["unknowns"]),
    ):
        lines += [f"{label}: {value}"] if value else []
    lines += [f"Next: {step}" for step in row["next_steps"] or ()]
    lines += [f"Under way: {line}" for line in row["running"] or ()]
    if row["update_due_at"]:
        lines.append(f"Next update promised for {row['update_due_at']:%H:%M} UTC")
    return [*lines, *(row["roles"] or ())]
