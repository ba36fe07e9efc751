"""Reading the playbook, and an incident's checklist."""

from functools import cache
from importlib.resources import files
from uuid import UUID

from tocsin.incidents.model import Incident
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements
from tocsin.playbooks.model import EVIDENT, Check, Mark, Playbook, RoleGuide, Seen, Version, checklist
from tocsin.playbooks.parse import parse

sql = Statements("tocsin.playbooks")


@cache
def shipped() -> str:
    """The playbook that comes with Tocsin, as YAML."""
    return files("tocsin.playbooks").joinpath("default.yaml").read_text(encoding="utf-8")


@cache
def _parsed(version: int, body: str) -> Playbook:
    return parse(body, version)


def parsed(version: int | None, body: str | None) -> Playbook:
    """A version by its YAML, read once; the shipped one without."""
    return _parsed(version or 0, body or shipped())


async def playbook_text(db: Reader, version: int | None = None) -> tuple[int, str]:
    """A version and its YAML; the newest, or the shipped one while there is none. Version 0 is the shipped one."""
    row = await (
        db.row(sql.version, version) if version else db.row(sql.newest) if version is None else _nothing()
    )
    return (row["version"], row["body"]) if row else (0, shipped())


async def _nothing() -> None:
    return None


async def playbook(db: Reader, version: int | None = None) -> Playbook:
    """A version of the playbook; the newest unless one is named."""
    return _parsed(*await playbook_text(db, version))


async def versions(db: Reader) -> list[Version]:
    """The organisation's own versions, the newest first."""
    return await db.all(Version, sql.versions)


async def playbook_of(db: Reader, incident_id: UUID) -> Playbook:
    """The version that an incident follows."""
    return await playbook(db, await db.value(sql.followed, incident_id))


async def checklist_of(db: Reader, incident: Incident) -> list[Check]:
    """An incident's steps as they stand."""
    followed = await playbook_of(db, incident.id)
    seen = await db.all(Seen, sql.evident, incident.id, list(EVIDENT))
    marks = {m.step: m for m in await db.all(Mark, sql.marks, incident.id)}
    return checklist(
        followed,
        incident.severity,
        incident.declared_at,
        seen,
        marks,
        await db.clock(),
        over=incident.resolved_at is not None,
        type_=incident.type,
    )


async def role_instructions(db: Reader, incident_id: UUID, role: str) -> RoleGuide | None:
    """What whoever takes a role in this incident reads."""
    return (await playbook_of(db, incident_id)).roles.get(role)
