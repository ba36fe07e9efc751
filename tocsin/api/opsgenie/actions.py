"""What Opsgenie's clients do to one alert, and what they hear about it afterwards."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from tocsin.alerts import queries
from tocsin.alerts.commands import keep_request
from tocsin.alerts.format import load, text
from tocsin.alerts.model import Action, Alert, Outcome, Signal
from tocsin.api.opsgenie.envelope import NOT_PROCESSED, Answer, is_uuid
from tocsin.edge.intake import Intake
from tocsin.edge.senders import Sender
from tocsin.kernel.db import Actor
from tocsin.kernel.errors import Invalid

ACTIONS = {"acknowledge": Action.ACKNOWLEDGE, "close": Action.CLOSE}
_BY = ("id", "alias", "tiny")


class Actions:
    """Acknowledge and close by id, alias or tiny id; and the outcome of a request."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def act(
        self, sender: Sender, action: Action, by: str, identifier: str, body: bytes, request_id: UUID
    ) -> None:
        """Done when it returns. That there is no such alert is no error here: who asks for the request hears it."""
        if by not in _BY:
            raise Invalid("identifierType", "Identifier type is one of id, alias and tiny.")
        try:
            signal = action_of(body, action)
        except Invalid as error:
            raise Answer(400, str(error)) from error
        if by == "alias":
            await self._intake.take(sender, [replace(signal, alias=identifier)], request_id)
            return
        alert = await self._find(sender, by, identifier)
        refusal = _refusal(alert, action)
        if alert is None or refusal:
            await self._keep(sender, request_id, action, alert, refusal)
            return
        await self._intake.take(sender, [replace(signal, alias=alert.alias)], request_id)

    async def _find(self, sender: Sender, by: str, identifier: str) -> Alert | None:
        """An alert that this key may act on: one of its own scope. A create request's id serves as the alert's."""
        db = self._intake.database
        alert = (
            await queries.alert_named(db, identifier if by == "tiny" else identifier[:36])
            if by == "tiny" or is_uuid(identifier[:36])
            else None
        )
        if alert is None and by == "id" and is_uuid(identifier):
            request = await queries.request(db, UUID(identifier))
            alert = await queries.alert_by_id(db, request.alert_id) if request and request.alert_id else None
        return alert if alert and alert.scope == sender.integration.scope else None

    async def _keep(
        self, sender: Sender, request_id: UUID, action: Action, alert: Alert | None, status: str
    ) -> None:
        outcome = Outcome(alert.id if alert else None, None, alert.alias if alert else "", False, status)
        actor = Actor(None, sender.integration.name, "integration")
        async with self._intake.database.unit(actor, "opsgenie") as u:
            await keep_request(u, request_id, sender.integration.id, action.capitalize(), outcome)

    async def request(self, sender: Sender, text: str) -> dict[str, Any]:
        """What became of it. Raises a 404 that makes clients ask again."""
        found = await queries.request(self._intake.database, UUID(text)) if is_uuid(text) else None
        if found is None or found.integration_id != sender.integration.id:
            raise Answer(404, NOT_PROCESSED, b"RequestNotProcessed")
        at = (
            found.processed_at.strftime("%Y-%m-%dT%H:%M:%S.")
            + f"{found.processed_at.microsecond // 1000:03}Z"
        )
        return {
            "success": found.success, "isSuccess": found.success, "action": found.action, "processedAt": at,
            "integrationId": str(found.integration_id), "status": found.status,
            "alertId": str(found.alert_id) if found.alert_id else "", "alias": found.alias,
        }  # fmt: skip


def action_of(body: bytes, action: Action) -> Signal:
    """The body of an action: `user`, `source` and `note` are optional, and so is the body itself."""
    data = load(body) if body.strip() else {}
    if not isinstance(data, dict):
        raise Invalid("body", "The body is not a JSON object.")
    return Signal(
        action, source=text(data.get("source")), user=text(data.get("user")), note=text(data.get("note"))
    )


def _refusal(alert: Alert | None, action: Action) -> str:
    """Why nothing can be done, in the words that clients look for; or nothing."""
    if alert is None:
        return "Alert does not exist"
    if alert.closed_at is not None:
        return "Alert is already closed"
    return "Alert is already acknowledged" if action is Action.ACKNOWLEDGE and alert.acknowledged_at else ""
