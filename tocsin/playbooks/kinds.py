"""What the record tells of an incident's playbook."""

from dataclasses import dataclass

from tocsin.record.kinds import kind


@kind("step_checked")
@dataclass(frozen=True, slots=True)
class StepChecked:
    """Somebody said that a step is done, or why it does not apply."""

    step: str
    text: str
    state: str
    note: str = ""

    def sentence(self) -> str:
        said = "did" if self.state == "done" else "left out"
        return f"{said} the step “{self.text}”" + (f": {self.note}" if self.note else "")


@kind("step_unchecked")
@dataclass(frozen=True, slots=True)
class StepUnchecked:
    """A step is open again."""

    step: str
    text: str

    def sentence(self) -> str:
        return f"opened the step “{self.text}” again"


@kind("playbook_applied")
@dataclass(frozen=True, slots=True)
class PlaybookApplied:
    """The severity or the type is another one now, and so are the playbook's steps; `type`: its title."""

    version: int
    severity: int
    added: tuple[str, ...]
    type: str = ""

    def sentence(self) -> str:
        more = f": {len(self.added)} more step{'s' if len(self.added) != 1 else ''}" if self.added else ""
        about = f" and {self.type}" if self.type else ""
        return f"applied the playbook for SEV{self.severity}{about}{more}"
