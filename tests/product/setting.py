"""Setting an installation up for a test: an administrator by the command line, the rest by the API."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.product.harness import Tocsin
from tests.product.prepared import prepare

ADA, PASSWORD = "ada@example.org", "correct horse battery staple"


def administrator(server: Tocsin, *, durable: bool = False) -> str:
    """Gives a server that was not started yet a data folder with Ada in it; answers an API token of hers."""
    made = prepare(
        "administrator", server.data, lambda data: new_administrator(Tocsin(data)), durable=durable
    )
    return str(made)


def new_administrator(server: Tocsin) -> str:
    """Makes Ada with the command line, which needs no server; answers an API token of hers."""
    server.cli("admin", "create", "--email", ADA, "--name", "Ada Admin", stdin=f"{PASSWORD}\n")
    return token_in(server.cli("token", "create", "--email", ADA, "--json"))


def token_in(printed: str) -> str:
    """The token that `tocsin token create --json` printed."""
    return str(json.loads(printed)["token"])


def id_of(server: Tocsin, token: str, email: str) -> str:
    """A user's id by address."""
    users = server.api("GET", "/users", token=token)["users"]
    return str(next(user["id"] for user in users if user["email"] == email))


def service_for(
    server: Tocsin, token: str, name: str, *, users: list[str], schedules: tuple[str, ...] = ()
) -> str:
    """A service whose policy pages these at once, and nobody after them; answers its id."""
    policy = {
        "name": name,
        "repeats": 0,
        "final": {"nobody": True},
        "steps": [{"delay_s": 0, "users": users, "schedules": list(schedules)}],
    }
    policy_id = server.api("POST", "/escalation-policies", policy, token)["id"]
    body = {"name": name, "tier": 1, "escalation_policy_id": policy_id}
    return str(server.api("POST", "/services", body, token)["id"])


def key_for(server: Tocsin, token: str, name: str, form: str, service_id: str | None) -> str:
    """The key of a new integration."""
    body = {"name": name, "format": form, "service_id": service_id}
    return str(server.api("POST", "/integrations", body, token)["key"])


def schedule_of(server: Tocsin, token: str, name: str, zone: str, users: list[str]) -> str:
    """A weekly schedule that began on Monday of last week, so that the first one of an even week is on call."""
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday() + 7)
    rotation = {"participants": users, "handoff_time": "09:00", "start_date": monday.isoformat()}
    body = {"name": name, "time_zone": zone, "rotations": [rotation]}
    return str(server.api("POST", "/schedules", body, token)["id"])


def by_webhook_only(server: Tocsin, email: str, address: str) -> None:
    """Makes a webhook somebody's only way to be reached. By SQL: what tests are about is not the settings page."""
    server.rows(
        "with u as (select id from users where email = $1), "
        "gone as (delete from contact_methods where user_id in (select id from u)), "
        "m as (insert into contact_methods (id, user_id, transport, address, verified_at) "
        "select gen_random_uuid(), id, 'webhook', $2, clock() from u returning id, user_id) "
        "insert into notification_rules (id, user_id, urgency, contact_method_id) "
        "select gen_random_uuid(), user_id, urgency, id from m, unnest(array['high', 'low']) urgency returning id",
        email,
        address,
    )


def later(server: Tocsin, seconds: float) -> None:
    """Moves the database's clock; moves do not add up."""
    server.rows(
        "create or replace function clock() returns timestamptz language sql stable parallel safe "
        f"return statement_timestamp() + interval '{seconds} seconds'"
    )


def alert(alias: str, **more: Any) -> bytes:
    """The body of a generic alert."""
    return json.dumps(
        {"message": f"Disk is full on {alias}", "alias": alias, "priority": "P1", **more}
    ).encode()
