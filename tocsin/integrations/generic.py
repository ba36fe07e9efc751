"""Alerts in our own words, for scripts and for tools that let people write the body: see docs/integrations/generic.md."""

from typing import Any

from tocsin.alerts.format import Bad, kept, load, moment, pairs, priority, text, texts
from tocsin.alerts.model import Action, Signal
from tocsin.kernel.errors import Invalid

_WORDS = {
    Action.OPEN: ("", "open", "opened", "trigger", "triggered", "firing", "fire", "alert", "alerting", "problem", "down"),
    Action.ACKNOWLEDGE: ("acknowledge", "acknowledged", "ack", "acked"),
    Action.CLOSE: ("close", "closed", "resolve", "resolved", "ok", "recovery", "recovered", "up"),
}  # fmt: skip
_UNKNOWN = ("action", "The action is open, acknowledge or close.")
_ACTIONS = {word: action for action, words in _WORDS.items() for word in words}


class Generic:
    """The format `generic`."""

    name = "generic"
    title = "Generic JSON"
    hint = "POST to /v1/alerts with the header “Authorization: Bearer KEY”, or to /in/generic/KEY."
    doc = "docs/integrations/generic.md"

    def parse(self, body: bytes) -> list[Signal | Bad]:
        """One object, or a list of them."""
        data = load(body)
        if isinstance(data, dict):
            return [_one(data)]
        if isinstance(data, list):
            return [_one(item) for item in data]
        raise Invalid("body", "Send one alert as a JSON object, or a list of them.")


def _one(item: Any) -> Signal | Bad:
    if not isinstance(item, dict):
        return Bad("alert", "An alert is a JSON object.", item)
    get = item.get
    action = _ACTIONS.get(text(get("action") or get("status")).strip().lower())
    message, alias = get("message"), text(get("alias"))
    if isinstance(message, dict | list | bool):
        return Bad("message", "The message is text.", item)
    fault = _fault(action, text(message).strip(), alias.strip())
    if action is None or fault:
        return Bad(*(fault or _UNKNOWN), item)
    worth, started_at = get("priority"), get("started_at")
    level, begun = priority(worth), moment(started_at)
    return Signal(
        action, alias, text(message), text(get("description")), text(get("source")), text(get("entity")), level or 3,
        texts(get("tags")), pairs(get("details")), text(get("link")), begun, text(get("user")), text(get("note")),
        kept(item), _marks(level is None and bool(worth), begun is None and bool(started_at)),
    )  # fmt: skip


def _fault(action: Action | None, message: str, alias: str) -> tuple[str, str] | None:
    if action is None:
        return _UNKNOWN
    if action is Action.OPEN:
        return None if message else ("message", "A message is needed.")
    return None if alias else ("alias", f"To {action} an alert, name it by its alias.")


def _marks(odd_priority: bool, odd_time: bool) -> tuple[str, ...]:
    return (*(("priority",) if odd_priority else ()), *(("started_at",) if odd_time else ()))
