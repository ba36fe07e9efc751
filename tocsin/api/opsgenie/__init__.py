"""The Opsgenie REST API, imitated."""

from starlette.routing import BaseRoute

from tocsin.alerts.format import Format
from tocsin.api.opsgenie.alerts import Alerts
from tocsin.api.opsgenie.heartbeats import Heartbeats
from tocsin.edge.access import Who, machine
from tocsin.edge.intake import Intake

#: As is; as Alertmanager's `api_url` with a path; as Jira Service Management, which some clients moved to.
PREFIXES = {"": "opsgenie", "/opsgenie": "opsgenie_below", "/jsm/ops/integration": "opsgenie_jsm"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def routes(intake: Intake, format_: Format) -> list[BaseRoute]:
    """All below `/v2/alerts` and `/v2/heartbeats`, with and without a slash at the end: a redirect would lose the body in
    some clients.

    `format_` reads the body of a create request.
    """
    endpoints = {"alerts": Alerts(intake, format_), "heartbeats": Heartbeats(intake)}
    return [
        machine(
            f"{prefix}/v2/{what}{rest}", endpoint, who=Who.INTEGRATION_KEY, methods=METHODS,
            name=name + ("" if what == "alerts" else f"_{what}") + suffix,
        )
        for what, endpoint in endpoints.items()
        for prefix, name in PREFIXES.items()
        for rest, suffix in (("", ""), ("/{rest:path}", "_below"))
    ]  # fmt: skip
