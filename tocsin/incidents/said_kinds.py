"""What an incident's record tells of its own entries: edited, pinned, what a terminal printed, that people talk."""

from dataclasses import dataclass
from typing import Any

from tocsin.incidents.said_model import Mention
from tocsin.record.kinds import kind


@kind("entry_edited")
@dataclass(frozen=True, slots=True)
class EntryEdited:
    """The words of a line were put in a better way; the earlier ones stay readable in its history."""

    seq: int
    text: str
    revision: int
    mentions: tuple[Mention, ...] = ()

    def sentence(self) -> str:
        return f"edited entry {self.seq}"


@kind("item_reworded")
@dataclass(frozen=True, slots=True)
class ItemReworded:
    """What somebody works on, decided or wrote down was put in other words; the earlier ones stay in its history."""

    seq: int
    text: str
    revision: int

    def sentence(self) -> str:
        return f"reworded entry {self.seq}: {self.text}"

    def item(self) -> dict[str, Any]:
        return {"text": self.text}


@kind("caption_changed")
@dataclass(frozen=True, slots=True)
class CaptionChanged:
    """A file has another caption, or none; the earlier ones stay in its history."""

    seq: int
    text: str
    revision: int

    def sentence(self) -> str:
        return f"changed the caption of entry {self.seq}" + (f": {self.text}" if self.text else "")


@kind("entry_pinned")
@dataclass(frozen=True, slots=True)
class EntryPinned:
    """An entry is shown above the record from now on."""

    seq: int

    def sentence(self) -> str:
        return f"pinned entry {self.seq}"


@kind("entry_unpinned")
@dataclass(frozen=True, slots=True)
class EntryUnpinned:
    """An entry is not shown above the record any more."""

    seq: int

    def sentence(self) -> str:
        return f"unpinned entry {self.seq}"


@kind("command_output")
@dataclass(frozen=True, slots=True)
class CommandOutput:
    """What a command printed: the command, how it ended when that is known, and the text; `cut`: there was more."""

    text: str
    command: str = ""
    exit_code: int | None = None
    cut: bool = False

    def sentence(self) -> str:
        lines = self.text.count("\n") + 1
        ended = "" if self.exit_code is None else f", exit {self.exit_code}"
        what = f"ran `{self.command}`" if self.command else "pasted output"
        return f"{what}: {lines} line{'s' if lines > 1 else ''}{ended}"


@kind("call_started")
@dataclass(frozen=True, slots=True)
class CallStarted:
    """People talk; what is said there is to be written down."""

    def sentence(self) -> str:
        return "is on a call about it"


@kind("call_ended")
@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call is over."""

    def sentence(self) -> str:
        return "ended the call"
