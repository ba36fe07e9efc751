"""A schedule as a file that people edit: e-mail addresses and names of teams instead of ids."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from tocsin.cli.client import REFUSED, call, stop
from tocsin.cli.lookup import one

#: What GET answers and nobody changes.
NOT_FOR_CHANGING = ("not_computed", "materialised_until")


def read(path: Path) -> dict[str, Any]:
    """The JSON of a file; exits with a sentence when it has none."""
    try:
        data = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise stop(f"{path} cannot be read as JSON: {error}", REFUSED) from error
    if not isinstance(data, dict) or not isinstance(data.get("rotations", []), list):
        raise stop(f"{path} holds no schedule: see tocsin schedule export.", REFUSED)
    return data


def for_people(schedule: Mapping[str, Any]) -> dict[str, Any]:
    """What `GET /schedules/{id}` answered, as a file holds it."""
    emails = {u["id"]: u["email"] for u in call("GET", "/api/v1/users")["users"]}
    teams = {t["id"]: t["name"] for t in call("GET", "/api/v1/teams")["teams"]}
    data = {k: v for k, v in schedule.items() if k not in (*NOT_FOR_CHANGING, "team_id")}
    data["team"] = teams.get(schedule["team_id"])
    data["rotations"] = [
        layer | {"participants": [_named(p, emails, teams) for p in layer["participants"]]}
        for layer in schedule["rotations"]
    ]
    return data


def _named(turn: Mapping[str, str], emails: Mapping[str, str], teams: Mapping[str, str]) -> dict[str, str]:
    if turn.get("team"):
        return {"team": teams.get(turn["team"], turn["team"])}
    return {"user": emails.get(turn["user"], turn["user"])} if turn.get("user") else {}


def for_api(data: Mapping[str, Any]) -> dict[str, Any]:
    """A file's schedule as the API takes it; exits with a sentence when a name is nobody's, or several people's."""
    users, teams = call("GET", "/api/v1/users")["users"], call("GET", "/api/v1/teams")["teams"]
    body = {k: v for k, v in data.items() if k not in (*NOT_FOR_CHANGING, "id", "version", "team")}
    if data.get("team"):
        body["team_id"] = _id(data["team"], teams, "team")
    body["rotations"] = [_layer(layer, users, teams) for layer in data.get("rotations", [])]
    return body


def _layer(layer: Any, users: list[Any], teams: list[Any]) -> Any:
    if not isinstance(layer, dict) or not isinstance(layer.get("participants", []), list):
        return layer  # The API says what is wrong with it.
    return layer | {"participants": [_turn(turn, users, teams) for turn in layer.get("participants", [])]}


def _turn(turn: Any, users: list[Any], teams: list[Any]) -> Any:
    if isinstance(turn, str):
        return {"user": _id(turn, users, "person")}
    if isinstance(turn, dict) and isinstance(turn.get("team"), str):
        return {"team": _id(turn["team"], teams, "team")}
    if isinstance(turn, dict) and isinstance(turn.get("user"), str):
        return {"user": _id(turn["user"], users, "person")}
    return turn


def _id(text: str, rows: list[Any], noun: str) -> str:
    return text if any(r["id"] == text for r in rows) else one(text, rows, noun)
