"""What paging itself does that an alert's record has to tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.record.kinds import kind


def named_once(target: str, people: Sequence[str]) -> str:
    """`Database on-call: Ben Okafor`; a person who was paged by name is named once."""
    if [target] == list(people):
        return target
    return f"{target}: {', '.join(people) or 'nobody could be paged at once'}"


@kind("paging_resumed")
@dataclass(frozen=True, slots=True)
class PagingResumed:
    """The reconciler found that nobody had the alert's attention although somebody should. `reason`: a sentence."""

    reason: str

    def sentence(self) -> str:
        return f"saw to it that somebody is paged: {self.reason}"


@kind("page_sent")
@dataclass(frozen=True, slots=True)
class PageSent:
    """Somebody paged a person, schedule, team, service or policy by name. `people`: who was paged at once."""

    target: str
    people: tuple[str, ...] = ()

    def sentence(self) -> str:
        return f"paged {named_once(self.target, self.people)}"


@kind("page_unanswered")
@dataclass(frozen=True, slots=True)
class PageUnanswered:
    """The page that somebody sent found no answer. `reached`: whether a message got to anybody."""

    target: str
    reached: bool

    @property
    def words(self) -> str:
        """For the sender: `nobody answered the page to Database on-call`."""
        how = "answered" if self.reached else "could be reached by"
        return f"nobody {how} the page to {self.target}"

    def sentence(self) -> str:
        return f"saw that {self.words}"


@kind("step_found_nobody")
@dataclass(frozen=True, slots=True)
class StepFoundNobody:
    """A step of the escalation found nobody, so the next one went at once. `number`: from 1; none for the final step."""

    number: int | None
    reason: str

    def sentence(self) -> str:
        where = f"step {self.number}" if self.number else "the final step"
        return f"found nobody to page at {where}: {self.reason}"


@kind("alert_responders_added")
@dataclass(frozen=True, slots=True)
class AlertRespondersAdded:
    """People were added to the alert and paged by name. `via`: the team or schedule that was meant; empty for a person."""

    names: str
    via: str = ""

    def sentence(self) -> str:
        return f"added {self.names}" + (f" ({self.via})" if self.via else "")
