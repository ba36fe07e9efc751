"""How somebody is reached, and with what programs act for them: contact methods, notification rules, API tokens."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from tocsin.kernel import work
from tocsin.kernel.commands import command
from tocsin.kernel.crypto import hash_token, new_token
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.people.audit import audit
from tocsin.people.commands import SEND_LINK, sql
from tocsin.people.model import ContactMethod, Purpose, Role
from tocsin.people.permissions import Scope

MAX_METHODS = 20
#: Seals a secret for the contact method with this id; handed in by the door, which has the keys.
Seal = Callable[[UUID], bytes]


@command("contact_method.add")
async def add_contact_method(
    u: Unit, user_id: UUID, transport: str, address: str, *, label: str = "", seal: Seal | None = None
) -> UUID:
    """One more way to reach somebody; unverified until a message came back. Default rules use it then, or at once while there is no
    verified one; whoever has rules of their own adds it to them."""
    _own(u, user_id)
    address = address.strip()
    if not 1 <= len(address) <= 2000:
        raise Invalid("address", "An address is needed.")
    known = await u.all(ContactMethod, sql.contact_methods, user_id)
    if len(known) >= MAX_METHODS:
        raise Conflict(f"At most {MAX_METHODS} contact methods.")
    if any((m.transport, m.address) == (transport, address) for m in known):
        raise Conflict("That contact method is there already.")
    method_id = new_id()
    secret = seal(method_id) if seal else None
    await u.run(sql.add_contact_method, method_id, user_id, transport, address, label[:100], secret, False)
    await u.run(sql.keep_default_rules, user_id)
    return method_id


async def move_contact_method(u: Unit, method_id: UUID, address: str, secret: bytes) -> None:
    """The same contact method at a new address with a new secret; the caller knows that it is the same."""
    await u.run(sql.move_contact_method, method_id, address, secret)


@command("contact_method.remove")
async def remove_contact_method(u: Unit, user_id: UUID, method_id: UUID) -> None:
    """Not the last one: somebody who cannot be reached must not find out at night."""
    _own(u, user_id)
    if len(await u.all(ContactMethod, sql.contact_methods, user_id)) <= 1:
        raise Conflict("This is the last contact method. Add another one first.")
    if await u.value(sql.remove_contact_method, method_id, user_id) is None:
        raise NotFound("There is no such contact method.")
    await u.run(sql.keep_default_rules, user_id)


@command("contact_method.ask_verification")
async def ask_verification(u: Unit, user_id: UUID, method_id: UUID) -> None:
    """Sends a link to the contact method; following it proves that it arrives."""
    _own(u, user_id)
    payload = {"purpose": Purpose.VERIFICATION, "user_id": str(user_id), "contact_method_id": str(method_id)}
    await work.add(u, SEND_LINK, payload, key=f"verification:{method_id}")


@command("notification_rule.add")
async def add_rule(u: Unit, user_id: UUID, urgency: str, contact_method_id: UUID, delay_s: int) -> UUID:
    """After so many seconds, this contact method. From now on the rules are the person's own."""
    _own(u, user_id)
    if urgency not in ("high", "low"):
        raise Invalid("urgency", "The urgency is high or low.")
    if not 0 <= delay_s <= 86400:
        raise Invalid("delay", "The delay is a day at most.")
    rule_id = new_id()
    await u.run(sql.set_own_rules, user_id, True)
    await u.run(sql.add_rule, rule_id, user_id, urgency, contact_method_id, delay_s)
    return rule_id


@command("notification_rule.remove")
async def remove_rule(u: Unit, user_id: UUID, rule_id: UUID) -> None:
    """Takes a rule away; from now on the rules are the person's own. Without rules, verified contact methods are used at once."""
    _own(u, user_id)
    if not await u.run(sql.remove_rule, rule_id, user_id):
        raise NotFound("There is no such rule.")
    await u.run(sql.set_own_rules, user_id, True)


@command("notification_rule.make_own")
async def make_rules_own(u: Unit, user_id: UUID) -> None:
    """The default rules become the person's own: they stay as they are when contact methods come and go."""
    _own(u, user_id)
    await u.run(sql.set_own_rules, user_id, True)


@command("notification_rule.use_defaults")
async def use_default_rules(u: Unit, user_id: UUID) -> None:
    """The person's own rules give way to the defaults, which follow their contact methods."""
    _own(u, user_id)
    await u.run(sql.set_own_rules, user_id, False)
    await u.run(sql.keep_default_rules, user_id)


@command("token.create", secret=True)
async def create_token(u: Unit, name: str, scopes: Sequence[str], expires_at: datetime | None = None) -> str:
    """A personal API token; answers its secret, which is shown once. It may do at most what its owner may."""
    if u.actor.id is None:
        raise Forbidden("Only people have personal tokens.")
    return await _create_token(u, u.actor.id, name, scopes, expires_at)


@command("service_token.create", secret=True)
async def create_service_token(
    u: Unit, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> str:
    """The organisation's own token, for programs that outlive people."""
    return await _create_token(u, None, name, scopes, expires_at)


@command("token.create_for", secret=True)
async def create_token_for(
    u: Unit, user_id: UUID, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> str:
    """A personal token made by the operator on the command line."""
    return await _create_token(u, user_id, name, scopes, expires_at)


async def _create_token(
    u: Unit, user_id: UUID | None, name: str, scopes: Sequence[str], expires_at: datetime | None
) -> str:
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid("name", "A name of 1 to 100 characters is needed.")
    if not scopes or not set(scopes) <= set(Scope):
        raise Invalid("scopes", f"Choose from: {', '.join(Scope)}.")
    if expires_at is not None and expires_at <= await u.clock():
        raise Invalid("expires_at", "The end lies in the past.")
    secret = new_token("tcs")
    hint = f"{secret[:7]}…{secret[-4:]}"
    await u.run(
        sql.add_token,
        new_id(),
        user_id,
        name.strip(),
        hash_token(secret),
        hint,
        sorted(set(scopes)),
        u.actor.id,
        expires_at,
    )
    await audit(
        u, "token.create", name.strip(), None, {"scopes": sorted(set(scopes)), "service": user_id is None}
    )
    return secret


@command("token.revoke")
async def revoke_token(u: Unit, token_id: UUID) -> None:
    """Ends a token at once: one's own, or any for administrators."""
    owner = None if u.actor.role == Role.ADMIN or u.actor.kind == "engine" else u.actor.id
    name = await u.value(sql.revoke_token, token_id, owner)
    if name is None:
        raise NotFound("There is no such token.")
    await audit(u, "token.revoke", name)


def _own(u: Unit, user_id: UUID) -> None:
    if u.actor.kind != "engine" and u.actor.id != user_id and u.actor.role != Role.ADMIN:
        raise Forbidden("Only the person and administrators may change this.")
