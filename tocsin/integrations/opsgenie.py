"""The body of Opsgenie's create request: https://docs.opsgenie.com/docs/alert-api#create-alert.

Official clients send empty texts for absent fields, empty members of lists and unknown names: all of these are let pass.
"""

from typing import Any

from tocsin.alerts.format import Bad, kept, load, moment, pairs, priority, text, texts
from tocsin.alerts.model import Action, Signal
from tocsin.kernel.errors import Invalid


class Opsgenie:
    """The format `opsgenie`; `tocsin.api.opsgenie` answers its clients."""

    name = "opsgenie"
    title = "Opsgenie API"
    hint = "Change the client's API address to this server's; its key is the GenieKey."
    doc = "docs/integrations/opsgenie.md"

    def parse(self, body: bytes) -> list[Signal | Bad]:
        """Always one alert."""
        data = load(body)
        if not isinstance(data, dict):
            raise Invalid("body", "The body is not a JSON object.")
        return [_create(data)]


def _create(data: dict[str, Any]) -> Signal | Bad:
    get = data.get
    message = get("message")
    if isinstance(message, dict | list | bool) or not text(message).strip():
        return Bad("message", "Message can not be empty.", data)
    worth = get("priority")
    level = priority(worth)
    return Signal(
        Action.OPEN, text(get("alias")), text(message), text(get("description")), text(get("source")),
        text(get("entity")), level or 3, texts(get("tags")), pairs(get("details")), "", moment(get("startedAt")),
        text(get("user")), text(get("note")), kept(data), ("priority",) if worth and level is None else (),
    )  # fmt: skip
