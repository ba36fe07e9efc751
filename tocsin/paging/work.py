"""What follows an alert's entries."""

from tocsin.kernel.work import Batch
from tocsin.paging import left
from tocsin.paging.escalate import begin, end, restart
from tocsin.paging.rearrange import rearrange
from tocsin.paging.resume import hand_over, lapsed
from tocsin.people.quiet import MOVED

FOLLOWS: dict[str, list[str]] = {
    "alert_opened": ["paging.begin"],
    "alert_unacknowledged": ["paging.restart"],
    "alert_snoozed": ["paging.restart"],
    "alert_acknowledged": ["paging.end"],
    "alert_closed": ["paging.end"],
    "alert_reassigned": ["paging.hand_over"],
    "alert_promise_lapsed": ["paging.lapsed"],
}
BATCHES: dict[str, Batch] = {
    "paging.begin": begin,
    "paging.restart": restart,
    "paging.end": end,
    "paging.hand_over": hand_over,
    "paging.lapsed": lapsed,
    MOVED: rearrange,
    **left.BATCHES,
}
