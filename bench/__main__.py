"""All benchmarks, one after the other, or those that are named. Exits 0 whatever the ratios are; 1 only when something accepted was
lost, or two sides disagree."""

import sys

from bench import escalations, handover, idle, intake, oncall, phone, room, search

ALL = {
    "intake": intake,
    "handover": handover,
    "oncall": oncall,
    "escalations": escalations,
    "idle": idle,
    "room": room,
    "phone": phone,
    "search": search,
}
unknown = set(sys.argv[1:]) - set(ALL)
if unknown:
    sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(ALL)}.")
sys.exit(max(ALL[name].main() for name in sys.argv[1:] or ALL))
