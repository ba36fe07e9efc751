"""All benchmarks, one after the other. Exits 0 whatever the ratios are; 1 only when something accepted was lost, or two sides disagree."""

import sys

from bench import escalations, handover, idle, intake, oncall, room, search

sys.exit(
    max(
        intake.main(),
        handover.main(),
        oncall.main(),
        escalations.main(),
        idle.main(),
        room.main(),
        search.main(),
    )
)
