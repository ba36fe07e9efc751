"""Kinds of entries: frozen dataclasses with one sentence each, declared beside the command that appends them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar, runtime_checkable

from pydantic import TypeAdapter


@runtime_checkable
class Kind(Protocol):
    """What every kind of entry can do."""

    def sentence(self) -> str:
        """What happened, in plain text, without the actor and the time: `set severity to SEV1, was SEV2`."""
        ...


K = TypeVar("K")

#: Every kind by name. A test demands of each a sample, a sentence and a line of documentation.
KINDS: dict[str, type[Any]] = {}
_NAMES: dict[type[Any], str] = {}


def kind(name: str) -> Callable[[type[K]], type[K]]:
    """Registers a frozen dataclass as the kind `name`, for example `severity_changed`."""

    def register(cls: type[K]) -> type[K]:
        if name in KINDS:
            raise ValueError(f"the kind {name} is registered twice")
        KINDS[name] = cls
        _NAMES[cls] = name
        return cls

    return register


def utc(moment: datetime) -> str:
    """A moment in a sentence: `2026-11-27 02:12 UTC`, in whatever zone it was told."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def name_of(payload: Kind) -> str:
    """The registered name of a payload's kind."""
    return _NAMES[type(payload)]


def encode(payload: Kind) -> dict[str, Any]:
    """A payload as JSON-able data."""
    data: dict[str, Any] = _adapter(type(payload)).dump_python(payload, mode="json")
    return data


def decode(name: str, data: Mapping[str, Any]) -> Kind:
    """The payload of a stored entry. Raises KeyError for a kind that nobody registered."""
    payload: Kind = _adapter(KINDS[name]).validate_python(data)
    return payload


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def _adapter(cls: type[Any]) -> TypeAdapter[Any]:
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = TypeAdapter(cls)
    return _ADAPTERS[cls]
