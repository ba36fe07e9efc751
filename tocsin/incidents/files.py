"""Files of an incident: in the record, private with it, and gone for good when their entry is redacted."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from tocsin.incidents.change import change, lock, text
from tocsin.incidents.file_kinds import FileAttached
from tocsin.incidents.model import Incident
from tocsin.incidents.said_model import plain
from tocsin.kernel.commands import command
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents", "files.sql")
#: Per incident: enough for the longest night, and an end to mistakes.
MOST, HEAVIEST, HEAVIEST_RECORDINGS = 500, 2_000_000_000, 20_000_000_000
NAME, CAPTION = 200, 500


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that are kept already: what they are, by their content. Width and height in pixels, of pictures.

    The id becomes the file's. Each upload has its own, so that bytes once left behind are never pointed at again.
    """

    media: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class IncidentFile:
    """A file of an incident."""

    id: UUID
    incident_id: UUID
    seq: int
    name: str
    media: str
    size: int
    sha256: str
    width: int | None
    height: int | None
    #: Of a recording: when it began.
    began_at: datetime | None

    @property
    def picture(self) -> bool:
        return self.width is not None

    @property
    def blobs(self) -> tuple[str, str]:
        """What its bytes may be named: by its id, or, until November 2026, by their digest."""
        return str(self.id), self.sha256


@command("incident.attach")
async def attach(u: Unit, incident_id: UUID, kept: Kept, name: str, caption: str = "") -> str:
    """Puts a file into the record; its bytes are kept before. Answers its id. Also after the end."""
    incident = await lock(u, incident_id)
    await make_room(u, incident, kept.size)
    file_id, shown = kept.id, safe_name(name)
    said = text("caption", plain(caption), CAPTION, needed=False)
    after = await change(
        u, incident, FileAttached(file_id, shown, kept.media, kept.size, kept.width, kept.height, said)
    )
    await note(u, after, file_id, shown, kept)
    return str(file_id)


async def make_room(u: Reader, incident: Incident, size: int, *, recording: bool = False) -> None:
    """Raises `Conflict` when the incident holds too much already. Recordings are weighed by themselves."""
    row = await u.row(sql.weight, incident.id, recording)
    assert row is not None  # noqa: S101 - an aggregate
    what, most = ("recordings", HEAVIEST_RECORDINGS) if recording else ("files", HEAVIEST)
    if row["files"] >= MOST or row["bytes"] + size > most:
        raise Conflict(f"{incident.key} holds {row['files']} {what} already; no more fit.")


async def note(
    u: Unit, after: Incident, file_id: UUID, name: str, kept: Kept, began_at: datetime | None = None
) -> None:
    """A file of the entry that was just written."""
    await note_of(u, after.id, after.head, file_id, name, kept, began_at)


async def note_of(
    u: Unit, incident_id: UUID, seq: int, file_id: UUID, name: str, kept: Kept, began_at: datetime | None
) -> None:
    """A file of an entry that is there."""
    await u.run(
        sql.insert, file_id, incident_id, seq, name, kept.media, kept.size, kept.sha256, kept.width, kept.height, began_at,
    )  # fmt: skip


def safe_name(name: str) -> str:
    """A name that is only a name: no folders, nothing that cannot be seen or turns the line around."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(
        c
        for c in plain(last)
        if c.isprintable() and c not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    )
    return (seen.strip(" .") or "file")[:NAME]


async def files_of(db: Reader, incident_id: UUID) -> list[IncidentFile]:
    """The files whose entries were not redacted, in order."""
    return await db.all(IncidentFile, sql.files_of, incident_id, None)


async def file_of(db: Reader, incident_id: UUID, file_id: UUID) -> IncidentFile | None:
    """One of them."""
    return await db.first(IncidentFile, sql.files_of, incident_id, file_id)
