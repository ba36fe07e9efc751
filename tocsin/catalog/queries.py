"""Reading the catalog."""

import re
from uuid import UUID

from tocsin.catalog.model import Integration, IntegrationHealth, Route, Service
from tocsin.kernel.crypto import hash_token
from tocsin.kernel.db import Reader
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.catalog")
_KEY = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


async def services(db: Reader) -> list[Service]:
    """All in use, tier 1 first."""
    return await db.all(Service, sql.services)


async def service_by_id(db: Reader, service_id: UUID) -> Service | None:
    """One, also when it is archived."""
    return await db.first(Service, sql.service_by_id, service_id)


async def service_by_name(db: Reader, name: str) -> Service | None:
    """One in use; case does not matter."""
    return await db.first(Service, sql.service_by_name, name.strip())


def has_key_shape(key: str) -> bool:
    """Keys are UUIDs; anything else is refused before the database is asked."""
    return _KEY.fullmatch(key) is not None


async def integration_by_key(db: Reader, key: str) -> Integration | None:
    """Whose key it is; None when it is unknown or revoked."""
    if not has_key_shape(key):
        return None
    return await db.first(Integration, sql.integration_by_key, hash_token(key.lower()))


async def integration_by_id(db: Reader, integration_id: UUID) -> Integration | None:
    """One of them."""
    return await db.first(Integration, sql.integration_by_id, integration_id)


async def integrations(db: Reader) -> list[Integration]:
    """All in force."""
    return await db.all(Integration, sql.integrations)


async def integrations_with_health(db: Reader) -> list[IntegrationHealth]:
    """All in force, with keys by hint and what came in last."""
    return await db.all(IntegrationHealth, sql.integrations_with_health)


async def routes(db: Reader) -> list[Route]:
    """In order."""
    return await db.all(Route, sql.routes)


async def note_event(db: Reader, integration_id: UUID) -> None:
    """Something came in. Call it at most every few seconds."""
    await db.run(sql.note_event, integration_id)


async def note_error(db: Reader, integration_id: UUID, error: str) -> None:
    """Something came in that could not be understood."""
    await db.run(sql.note_error, integration_id, error[:1000])
