"""Prometheus Alertmanager's webhook, version 4: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.

Each alert of a group is an alert here, known by its fingerprint; Alertmanager sends the whole group again on each change.
"""

import hashlib
from typing import Any

import orjson

from tocsin.alerts.format import Bad, kept, load, moment, pairs, priority, text
from tocsin.alerts.model import Action, Signal
from tocsin.kernel.errors import Invalid

_MESSAGES = ("summary", "message", "title")
_DESCRIPTIONS = ("description", "message", "details")


class Alertmanager:
    """The format `alertmanager`."""

    name = "alertmanager"
    title = "Prometheus Alertmanager"
    hint = "The url of a webhook_config: /in/alertmanager/KEY. Keep send_resolved on."
    doc = "docs/integrations/alertmanager.md"

    def parse(self, body: bytes) -> list[Signal | Bad]:
        """A signal per alert; and one about those that Alertmanager left out, if `max_alerts` made it do so."""
        group = load(body)
        if not isinstance(group, dict) or not isinstance(group.get("alerts"), list):
            raise Invalid("alerts", "This is not an Alertmanager webhook: it has no list named alerts.")
        found = [_one(alert, group) for alert in group["alerts"]]
        return [*found, *_left_out(group)]


def _one(alert: Any, group: dict[str, Any]) -> Signal | Bad:
    if not isinstance(alert, dict) or not isinstance(alert.get("labels"), dict):
        return Bad("labels", "An alert of a group has no labels.", alert)
    labels, annotations = pairs(alert["labels"]), pairs(alert.get("annotations"))
    alertname = labels.get("alertname", "")
    level, odd = _priority(labels)
    resolved = text(alert.get("status") or group.get("status")).lower() == "resolved"
    return Signal(
        action=Action.CLOSE if resolved else Action.OPEN,
        alias=text(alert.get("fingerprint")) or _hash(labels),
        message=_first(annotations, _MESSAGES) or alertname or "Alert without a name",
        description=_first(annotations, _DESCRIPTIONS),
        source=text(group.get("externalURL")) or "Alertmanager",
        entity=labels.get("instance", ""),
        priority=level,
        tags=(alertname,) if alertname else (),
        details=annotations | labels,
        link=text(alert.get("generatorURL")) or text(group.get("externalURL")),
        started_at=moment(alert.get("startsAt")),
        raw=kept(alert),
        clamped=odd,
    )


def _priority(labels: dict[str, str]) -> tuple[int, tuple[str, ...]]:
    """From the label `priority`, else `severity`; the mark says that there is one which nobody understands."""
    named = [labels[name] for name in ("priority", "severity") if labels.get(name)]
    found = [level for level in map(priority, named) if level is not None]
    return (found[0], ()) if found else (3, ("priority",) if named else ())


def _first(annotations: dict[str, str], names: tuple[str, ...]) -> str:
    return next((annotations[name] for name in names if annotations.get(name)), "")


def _hash(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _left_out(group: dict[str, Any]) -> list[Signal | Bad]:
    """Open while Alertmanager leaves alerts out, closed with the group: nobody is told of what was cut away."""
    count, key = group.get("truncatedAlerts"), group.get("groupKey")
    alias = f"left-out:{_hash(key)}"
    if text(group.get("status")).lower() == "resolved":
        # Always, because the group may have shrunk in the meantime. Without an open alert this does nothing.
        return [Signal(Action.CLOSE, alias)] if key else []
    if type(count) is not int or count < 1:
        return []
    sentence = f"Alertmanager left out {count} more {'alert' if count == 1 else 'alerts'} of a group"
    return [
        Signal(
            Action.OPEN, alias, f"{sentence}: {text(key)}",
            "The webhook's max_alerts cut the group. Those alerts page nobody: raise it, or set it to 0.",
            text(group.get("externalURL")) or "Alertmanager", details=pairs(group.get("commonLabels")),
            link=text(group.get("externalURL")),
        )
    ]  # fmt: skip
