"""`tocsin noise`: what pages for nothing."""

from typing import Any

from tocsin.cli.client import call
from tocsin.cli.output import Json, show, table


def noise(as_json: Json = False) -> None:
    """What the alerts of the last 28 days paged, per service and source, and what would help."""
    data = call("GET", "/api/v1/noise")
    show(data, as_json, _text)


def _text(data: dict[str, Any]) -> str:
    columns = {
        "service": "SERVICE", "source": "SOURCE", "alerts": "ALERTS", "pages": "PAGES", "nights": "AT NIGHT",
        "short_lived": "SHORT", "noise": "NOISE", "useful": "USEFUL",
    }  # fmt: skip
    shown = table(data["rows"], columns, "No alerts in the last 28 days.")
    hints = [
        f"{row['service'] or 'No service'}, {row['source'] or 'no source'}: {each}"
        for row in data["rows"]
        for each in row["suggestions"]
    ]
    return "\n".join([shown, *([""] if hints else []), *hints])
