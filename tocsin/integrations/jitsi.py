"""Jitsi Meet: a room is its address, so opening one needs nobody's answer."""

from tocsin.kernel.ids import room_name


class Jitsi:
    """Video rooms on a Jitsi server: the public one, or the operator's."""

    name = "Jitsi"

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")

    async def open(self, key: str, summary: str) -> str:  # noqa: ARG002 - other vendors name their rooms
        """A room with an unguessable name; the key is not in it, so that the address tells nothing."""
        return f"{self._base}/{room_name()}"
