"""How an item changes: the incident is locked, the entry says what is set, the row is written, the entry appended."""

from dataclasses import dataclass, replace
from typing import Any, Protocol
from uuid import UUID

from tocsin.catalog.queries import service_by_id
from tocsin.incidents.change import change, lock_open, text
from tocsin.incidents.item_model import EVIDENCE, TEXT, WHY, Alike, Item, ItemKind, ItemState
from tocsin.incidents.model import Incident
from tocsin.kernel.db import Reader, Unit
from tocsin.kernel.errors import Conflict, Invalid, NotFound
from tocsin.kernel.sql import Statements

sql = Statements("tocsin.incidents", "items.sql")


class ItemEntry(Protocol):
    """An entry about an item."""

    def sentence(self) -> str: ...

    def item(self) -> dict[str, Any]: ...


class LooksAlike(Conflict):
    """Somebody looks into that already. `alike`: what, the likest first. Say `anyway` to go on."""

    def __init__(self, alike: list[Alike]) -> None:
        first = alike[0]
        super().__init__(
            f"{first.owner or 'Somebody'} is looking at “{first.text}” already (#{first.seq}). Join instead?"
        )
        self.alike = alike


@dataclass(frozen=True, slots=True)
class About:
    """A service that an item is about."""

    id: UUID | None
    name: str


async def begin(u: Unit, incident: Incident, payload: ItemEntry) -> int:
    """A new item; answers its number."""
    after = await change(u, incident, payload)
    row: dict[str, Any] = {
        "owner_id": None, "owner": "", "service_id": None, "why": "", "undo": "", "outcome": "", "evidence": (), "due_at": None, "nudged_at": None,
    } | payload.item()  # fmt: skip
    await u.run(sql.begin, incident.id, after.head, *_columns(row))
    return after.head


async def go_on(u: Unit, incident: Incident, item: Item, payload: ItemEntry) -> Item:
    """What the entry says, written into the item's row."""
    changes = payload.item()
    if "state" in changes:
        changes["state"] = ItemState(changes["state"])
    after = replace(item, **changes)
    await change(u, incident, payload)
    await u.run(
        sql.change_item,
        item.incident_id,
        item.seq,
        *_columns({name: getattr(after, name) for name in COLUMNS}),
    )
    return after


COLUMNS = (
    "kind", "state", "text", "owner_id", "owner", "service_id", "why", "undo", "outcome", "evidence", "due_at", "fresh_at", "nudged_at",
)  # fmt: skip


def _columns(row: dict[str, Any]) -> list[Any]:
    return [list(row[name]) if name == "evidence" else row[name] for name in COLUMNS]


async def locked(u: Unit, incident_id: UUID, seq: int, *kinds: ItemKind) -> tuple[Incident, Item]:
    """An open incident, locked, and its item of that number, which must be one of these kinds."""
    incident = await lock_open(u, incident_id)
    item = await item_of(u, incident_id, seq)
    if item is None or item.kind not in kinds:
        raise NotFound(f"There is no {' or '.join(kinds)} with the number {seq} in {incident.key}.")
    return incident, item


async def item_of(u: Reader, incident_id: UUID, seq: int) -> Item | None:
    """An item as it stands."""
    return await u.first(Item, sql.items_of, incident_id, seq)


def must_be_open(item: Item) -> None:
    """Refuses what is over, with who can be asked."""
    if not item.open:
        raise Conflict(f"“{item.text}” (#{item.seq}) is {item.state} already.")


def words(value: str) -> str:
    """What an item is, in a line."""
    return text("text", " ".join(value.split()), TEXT)


def reason(value: str, field: str = "why") -> str:
    """Why, or what came of it; may be empty."""
    return text(field, value, WHY, needed=False)


def evidence(value: str) -> str:
    """`#14` for an entry, or a link. Raises `Invalid` for anything else."""
    value = text("evidence", value, 500)
    if value.lstrip("#").isdigit():
        return f"#{value.lstrip('#')}"
    if value.startswith(("https://", "http://")):
        return value
    raise Invalid("evidence", "Evidence is an entry's number, like #14, or a link.")


def with_evidence(item: Item, value: str) -> tuple[str, ...]:
    """What there is, and this."""
    if len(item.evidence) >= EVIDENCE:
        raise Invalid("evidence", f"At most {EVIDENCE} pieces of evidence fit.")
    return tuple(dict.fromkeys((*item.evidence, evidence(value))))


async def about(u: Unit, service_id: UUID | None) -> About:
    """The service, or nothing. Raises `Invalid` when there is no such."""
    if service_id is None:
        return About(None, "")
    service = await service_by_id(u, service_id)
    if service is None:
        raise Invalid("service_id", "There is no such service.")
    return About(service.id, service.name)
