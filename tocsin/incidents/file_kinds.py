"""What the record tells of files."""

from dataclasses import dataclass
from uuid import UUID

from tocsin.record.kinds import kind


@kind("file_attached")
@dataclass(frozen=True, slots=True)
class FileAttached:
    """Somebody put a file into the record: what its content is, not what its name says."""

    #: None in a record that was imported without its files.
    file_id: UUID | None
    name: str
    media: str
    size: int
    width: int | None = None
    height: int | None = None
    caption: str = ""

    def sentence(self) -> str:
        return f"attached {self.name}" + (f": {self.caption}" if self.caption else "")
