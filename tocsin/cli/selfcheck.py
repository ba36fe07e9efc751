"""`tocsin selfcheck`: pages a person for real and waits for the receipt; for a timer whose monitor is somewhere else."""

import time
from typing import Annotated, Any

import typer

from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.output import Json, show

#: What counts as arrived, from the least to the most.
STATES = ("sent", "delivered", "seen")
POLL_S = 1.0


def selfcheck(
    wait: Annotated[int, typer.Option(min=5, max=3600, help="Seconds until it has failed.")] = 120,
    receipt: Annotated[
        str, typer.Option(help="What must come back: sent (the other side took it), delivered, or seen.")
    ] = "sent",
    transport: Annotated[str, typer.Option(help="Only this way counts, for example sms.")] = "",
    as_json: Json = False,
) -> None:
    """Page the token's person for real, wait for the receipt, and close the alert. Ends with 1 when none came."""
    if receipt not in STATES:
        raise stop(f"--receipt is one of {', '.join(STATES)}.", 2)
    began = time.monotonic()
    number = call("POST", "/api/v1/selfcheck", {})["alert"]
    try:
        found = _wait(number, receipt, transport, began + wait)
    finally:
        call("POST", f"/api/v1/alerts/{number}/close", {"note": "The self-check is over."})
    took = time.monotonic() - began
    if found is None or found["state"] not in _enough(receipt):
        said = f" {found['error']}" if found and found.get("error") else ""
        raise stop(f"No page was {receipt} within {wait} seconds.{said}", REFUSED)
    answer = {
        "alert": number,
        "transport": found["transport"],
        "state": found["state"],
        "seconds": round(took, 1),
    }
    show(answer, as_json, lambda d: f"Paged by {d['transport']}: {d['state']} after {d['seconds']} s.")


def _enough(receipt: str) -> tuple[str, ...]:
    return STATES[STATES.index(receipt) :]


def _wait(number: int, receipt: str, transport: str, end: float) -> dict[str, Any] | None:
    """The delivery that arrived; or else the last one that was seen, or None."""
    while True:
        newest = _newest(number, transport)
        for delivery in newest:
            if delivery["state"] in _enough(receipt):
                return delivery
        if time.monotonic() > end:
            return newest[-1] if newest else None
        time.sleep(POLL_S)


def _newest(number: int, transport: str) -> list[dict[str, Any]]:
    """The deliveries of the newest page of the alert."""
    pages = call("GET", f"/api/v1/alerts/{number}/ledger")["pages"]
    found = pages[-1]["deliveries"] if pages else []
    return [d for d in found if d["purpose"] == "page" and (not transport or d["transport"] == transport)]
