"""What was promised against what arrived: `python -m tests.product.checker ACCEPTED RECEIVED` on two logs.

ACCEPTED holds a line per alert whose sender was told that it was taken: `{"at": seconds, "alias": ...}`. RECEIVED holds what the
person's side got: `{"at": seconds, "body": ...}`, the webhooks as they came. Nothing of the product is asked: neither its
database nor its code.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Seconds. A page that came later is late: reported, but not lost.
LATE_S = 30.0
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """The promises, held against both logs. `kept` when nothing is lost, doubled, or repeated without a word."""

    accepted: int
    received: int
    #: Accepted, but nobody was told.
    lost: list[str]
    #: More than one page, under different delivery ids: nobody may be paged twice on purpose.
    doubled: list[str]
    #: The same delivery again, and the repeat does not say that it may be one.
    unmarked: list[str]
    #: The same delivery again, marked as possible.
    repeated: list[str]
    #: Paged, but more than LATE_S after the promise.
    late: list[str]
    #: The longest time between promise and page, in seconds.
    slowest_s: float

    @property
    def kept(self) -> bool:
        return not (self.lost or self.doubled or self.unmarked)

    def __str__(self) -> str:
        counts = (
            f"{self.accepted} accepted, {self.received} received; lost {len(self.lost)}, doubled {len(self.doubled)}, "
            f"repeated without a mark {len(self.unmarked)}, repeated and marked {len(self.repeated)}, "
            f"late {len(self.late)} (slowest {self.slowest_s:.1f} s)"
        )
        named = {"lost": self.lost[:5], "doubled": self.doubled[:5], "unmarked": self.unmarked[:5]}
        return counts if self.kept else f"{counts}; {json.dumps(named)}"


def judge(accepted: Iterable[Line], received: Iterable[Line]) -> Verdict:
    """Reads only the receiver's log and what senders were promised."""
    promised = {line["alias"]: float(line["at"]) for line in accepted}
    deliveries: dict[str, set[str]] = {}
    first: dict[str, float] = {}
    plain, marked = Counter[str](), Counter[str]()
    for line in received:
        data = line["body"]["data"]
        if line["body"]["type"] != "tocsin.page":
            continue
        alias, delivery = data["alert"]["details"]["alias"], data["delivery"]
        deliveries.setdefault(alias, set()).add(delivery)
        first.setdefault(alias, float(line["at"]))
        # The two may overtake each other on the way: what counts is that only one of them goes without the mark.
        (marked if data.get("maybe_repeated") else plain)[delivery] += 1
    waits = {alias: first[alias] - at for alias, at in promised.items() if alias in first}
    return Verdict(
        accepted=len(promised),
        received=plain.total() + marked.total(),
        lost=sorted(promised.keys() - deliveries.keys()),
        doubled=sorted(alias for alias, ids in deliveries.items() if len(ids) > 1),
        unmarked=sorted(each for each, times in plain.items() if times > 1),
        repeated=sorted(each for each, times in marked.items() if plain[each] + times > 1),
        late=sorted(alias for alias, wait in waits.items() if wait > LATE_S),
        slowest_s=max(waits.values(), default=0.0),
    )


def read(path: Path) -> list[Line]:
    """The lines of a log; none when there is none."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def main(arguments: list[str]) -> int:
    """0 when the promises were kept."""
    accepted, received = (read(Path(each)) for each in arguments)
    verdict = judge(accepted, received)
    print(verdict)
    return 0 if verdict.kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
