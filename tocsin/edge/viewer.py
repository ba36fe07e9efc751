"""The person who looks at a page."""

from dataclasses import dataclass
from uuid import UUID

from tocsin.kernel.db import Actor
from tocsin.kernel.errors import Forbidden

PUBLIC = Actor(None, "Somebody", "public")


@dataclass(frozen=True, slots=True)
class Viewer:
    """The person who looks, or nobody. `csrf` protects this session's forms."""

    actor: Actor
    email: str = ""
    time_zone: str = "UTC"
    locale: str = "en"
    csrf: str = ""

    @property
    def signed_in(self) -> bool:
        return self.actor.id is not None

    @property
    def id(self) -> UUID:
        """The user's id. Only for routes that need somebody."""
        if self.actor.id is None:
            raise Forbidden("Sign in first.")
        return self.actor.id

    @property
    def name(self) -> str:
        return self.actor.name

    @property
    def role(self) -> str:
        return self.actor.role
