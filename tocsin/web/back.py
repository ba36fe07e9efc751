"""Where a button was pressed: its answer is shown there, not somewhere else."""

from tocsin.edge.door import Form

#: The pages that begin with what is expected of somebody.
_PAGES = {"now": "/", "on-call": "/on-call"}
_PLACE = "expected-said"


def back_to(form: Form, otherwise: str) -> str:
    """The page on which the button was; its own page unless it says so."""
    return _PAGES.get(form.get("back", ""), otherwise)


def place_of(form: Form) -> str:
    """Where on that page the answer stands; empty: at its top."""
    return _PLACE if form.get("back") in _PAGES else ""
