"""What paging itself does that an alert's record has to tell."""

from dataclasses import dataclass

from tocsin.record.kinds import kind


@kind("paging_resumed")
@dataclass(frozen=True, slots=True)
class PagingResumed:
    """The reconciler found that nobody had the alert's attention although somebody should. `reason`: a sentence."""

    reason: str

    def sentence(self) -> str:
        return f"saw to it that somebody is paged: {self.reason}"
