"""Handing a message to somebody's HTTP service: one exchange, and what its failure means for the delivery."""

from collections.abc import Callable, Mapping
from typing import Any

from tocsin.kernel.net import NetError, Outbound, Rejected, Response, TimedOut, Unreachable, Untrusted
from tocsin.paging.transport import SendFailed

TIMEOUT_S = 10.0
#: What an account that does not work any more is told: wrong or unpaid. 403 may be about one number.
_ACCOUNT = frozenset({401, 402})
#: What the other side said about its refusal, as a sentence of ours; it never repeats what it was sent.
Explain = Callable[[Response], SendFailed | None]


async def hand_over(
    outbound: Outbound, method: str, url: str, *, gone: frozenset[int] = frozenset({410}), explain: Explain | None = None,
    **request: Any,
) -> Response:  # fmt: skip
    """One exchange; raises SendFailed unless it was a success. `gone`: statuses after which the address is dead.

    `request` is passed on to `Outbound.request`.
    """
    request.setdefault("timeout", TIMEOUT_S)
    try:
        answer = await outbound.request(method, url, **request)
        failure = explain(answer) if explain else None
        if failure is None:
            return answer.checked()
        failure.fault |= bool(request.get("trusted")) and not failure.gone and answer.status in _ACCOUNT
    except NetError as error:
        failure = failed(error, gone)
        # Whose access it is: the operator's account at a vendor, or something that one person typed.
        failure.fault |= bool(request.get("trusted")) and _status(error) in _ACCOUNT
    # Raised outside the handler: nothing of the exchange travels along.
    raise failure


def failed(error: NetError, gone: frozenset[int] = frozenset({410})) -> SendFailed:
    """What a failed exchange means."""
    return SendFailed(
        str(error),
        retry=error.retry,
        after=error.after,
        gone=isinstance(error, Rejected) and error.status in gone,
        maybe_sent=isinstance(error, (TimedOut, Unreachable)) and "no connection" not in str(error),
        fault=isinstance(error, (TimedOut, Unreachable, Untrusted)) or _status(error) >= 500,
    )


def _status(error: NetError) -> int:
    return error.status if isinstance(error, Rejected) else 0


def read(answer: Response, needed: str) -> Mapping[str, Any]:
    """The JSON object of a good answer that has this member. Whatever else answered may have passed it on, or not."""
    try:
        data = answer.json()
    except NetError:
        data = None
    if isinstance(data, dict) and data.get(needed):
        return data
    sentence = f"{answer.origin} answered {answer.status}, but not as this service does."
    raise SendFailed(sentence, retry=True, maybe_sent=True, fault=True)


def clipped(text: str, most: int) -> str:
    """At most so many bytes of UTF-8, cut between characters; what no text can hold is replaced."""
    data = text.replace("\0", "").encode("utf-8", "replace")
    return data.decode() if len(data) <= most else data[: most - 3].decode("utf-8", "ignore") + "…"
