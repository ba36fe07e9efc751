"""Accounts, profiles, teams. Passwords arrive as hashes: hashing takes long and happens before the transaction."""

from uuid import UUID

from tocsin.kernel import work
from tocsin.kernel.commands import command
from tocsin.kernel.db import Unit
from tocsin.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.kernel.ids import new_id
from tocsin.kernel.sql import Statements
from tocsin.people import quiet
from tocsin.people.audit import audit
from tocsin.people.model import (
    PagingRule,
    Purpose,
    Role,
    User,
    Working,
    is_email,
    is_time_zone,
    working_problem,
)
from tocsin.people.sessions import end_all

sql = Statements("tocsin.people")
SEND_LINK = "people.send_link"
#: Somebody left, came back, moved, or is in other teams: due work for whoever reckons with people.
CHANGED = "people.changed"
#: An account was disabled: due work for whoever was waiting for this person.
LEFT = "people.left"


@command("user.create")
async def create_user(
    u: Unit,
    email: str,
    name: str,
    *,
    password_hash: str | None = None,
    role: str = "member",
    time_zone: str = "UTC",
    locale: str = "en",
    verified: bool = False,
) -> UUID:
    """An account with its address as first contact method, used for both urgencies; its rules are the defaults."""
    email, name = email.strip(), name.strip()
    if not is_email(email):
        raise Invalid("email", "That is not an e-mail address.")
    _check_profile(name, time_zone)
    if role not in set(Role):
        raise Invalid("role", "The role is admin, member or viewer.")
    if await u.first(User, sql.user_by_email, email):
        raise Conflict(f"{email} has an account already.")
    user_id = new_id()
    await u.run(sql.add_user, user_id, email, name, password_hash, role, time_zone, locale)
    method_id = new_id()
    await u.run(sql.add_contact_method, method_id, user_id, "email", email, "", None, verified)
    await u.run(sql.keep_default_rules, user_id)
    await audit(u, "user.create", email, None, {"name": name, "role": role})
    return user_id


@command("user.invite")
async def invite(u: Unit, email: str, name: str, *, role: str = "member", time_zone: str = "UTC") -> UUID:
    """An account that waits for its password; the link goes out by mail."""
    user_id = await create_user(u, email, name, role=role, time_zone=time_zone)
    await _send_link(u, Purpose.INVITATION, user_id)
    return user_id


@command("user.invite_again")
async def invite_again(u: Unit, user_id: UUID) -> None:
    """A fresh invitation for somebody who has no password yet."""
    user = await _user(u, user_id)
    if not user.invited:
        raise Conflict(f"{user.name} has set a password already.")
    await _send_link(u, Purpose.INVITATION, user_id)


@command("password.ask_reset")
async def ask_reset(u: Unit, email: str) -> None:
    """Sends a link, if there is such an account. The answer is the same in any case."""
    user = await u.first(User, sql.user_by_email, email.strip())
    if user and user.disabled_at is None:
        await _send_link(u, Purpose.RESET, user.id)


@command("profile.change")
async def change_profile(
    u: Unit, name: str, time_zone: str, locale: str, working: Working | None = None
) -> None:
    """One's own name, zone and language; with `working` also country and working hours. Turns that skip holidays are
    computed anew when zone or country changed."""
    _check_profile(name.strip(), time_zone)
    zone_before = await u.value(sql.change_profile, u.actor.id, name.strip(), time_zone, locale)
    moved = working is not None and await _change_working(u, working)
    if moved or zone_before != time_zone:
        await _changed(u)
    if u.actor.id and (working is not None or zone_before != time_zone):
        await quiet.moved(u, u.actor.id)


async def _change_working(u: Unit, working: Working) -> bool:
    """Whether other holidays count from now on."""
    problem = working_problem(working)
    if problem:
        raise Invalid(*problem)
    before = await u.first(Working, sql.working_of, u.actor.id) or Working()
    await u.run(
        sql.change_working, u.actor.id, working.country, working.subdivision, working.work_starts, working.work_ends,
        sorted(set(working.work_days)),
    )  # fmt: skip
    return (before.country, before.subdivision) != (working.country, working.subdivision)


async def _changed(u: Unit) -> None:
    """Whoever reckons with people looks again; several changes at once are one look."""
    await work.add(u, CHANGED, {}, key="people")


@command("user.set_role")
async def set_role(u: Unit, user_id: UUID, role: str) -> None:
    """Raises or lowers what somebody may do. The last administrator stays one."""
    if role not in set(Role):
        raise Invalid("role", "The role is admin, member or viewer.")
    await _keep_an_admin(u, user_id, losing=role != Role.ADMIN)
    before = await u.value(sql.set_role, user_id, role)
    if before is None:
        raise NotFound("There is no such user.")
    await audit(u, "user.set_role", (await _user(u, user_id)).email, {"role": before}, {"role": role})


@command("user.disable")
async def disable(u: Unit, user_id: UUID) -> None:
    """Signs somebody out everywhere; they are not paged any more. Their past stays."""
    await _keep_an_admin(u, user_id, losing=True)
    user = await _user(u, user_id)
    await u.run(sql.set_disabled, user_id, True)
    await end_all(u, user_id)
    await audit(u, "user.disable", user.email)
    await work.add(u, LEFT, {"user_id": str(user_id)})
    await _changed(u)


@command("user.enable")
async def enable(u: Unit, user_id: UUID) -> None:
    """Lets somebody back in."""
    user = await _user(u, user_id)
    await u.run(sql.set_disabled, user_id, False)
    await audit(u, "user.enable", user.email)
    await _changed(u)


@command("team.create")
async def create_team(u: Unit, name: str, description: str = "") -> UUID:
    """A team without members."""
    _check_team(name)
    team_id = new_id()
    await u.run(sql.add_team, team_id, name.strip(), description)
    await audit(u, "team.create", name.strip())
    return team_id


@command("team.change")
async def change_team(u: Unit, team_id: UUID, name: str, description: str) -> None:
    """Name and description; by an administrator or the team's own."""
    await _team_admin(u, team_id)
    _check_team(name)
    if not await u.run(sql.change_team, team_id, name.strip(), description):
        raise NotFound("There is no such team.")
    await audit(u, "team.change", name.strip())


@command("team.set_paging_rule")
async def set_paging_rule(u: Unit, team_id: UUID, rule: str) -> None:
    """How the team is paged when a policy names it: on_call, everybody or round_robin; what runs uses it from now on."""
    await _team_admin(u, team_id)
    if rule not in set(PagingRule):
        raise Invalid("paging_rule", "The rule is on_call, everybody or round_robin.")
    row = await u.row(sql.set_paging_rule, team_id, rule)
    if row is None:
        raise NotFound("There is no such team.")
    await audit(u, "team.set_paging_rule", row["name"], {"rule": row["before"]}, {"rule": rule})


@command("team.remove")
async def remove_team(u: Unit, team_id: UUID) -> None:
    """What it owned stays, without an owner."""
    name = await u.value(sql.remove_team, team_id)
    if name is None:
        raise NotFound("There is no such team.")
    await audit(u, "team.remove", name)
    await _changed(u)


@command("team.add_member")
async def add_member(u: Unit, team_id: UUID, user_id: UUID, role: str = "member") -> None:
    """Adds somebody, or changes their role in the team."""
    await _team_admin(u, team_id)
    if role not in ("admin", "member"):
        raise Invalid("role", "The role in a team is admin or member.")
    await u.run(sql.add_member, team_id, user_id, role)
    await audit(u, "team.add_member", str(team_id), None, {"user": str(user_id), "role": role})
    await _changed(u)


@command("team.remove_member")
async def remove_member(u: Unit, team_id: UUID, user_id: UUID) -> None:
    """Takes somebody out of the team."""
    await _team_admin(u, team_id)
    await u.run(sql.remove_member, team_id, user_id)
    await audit(u, "team.remove_member", str(team_id), {"user": str(user_id)})
    await _changed(u)


async def _team_admin(u: Unit, team_id: UUID) -> None:
    """The organisation's administrators and the team's own may change a team."""
    if u.actor.kind == "engine" or u.actor.role == Role.ADMIN:
        return
    if not await u.value(sql.is_team_admin, team_id, u.actor.id):
        raise Forbidden("Only the team's administrators may change it.")


async def _keep_an_admin(u: Unit, user_id: UUID, *, losing: bool) -> None:
    admins = [row["id"] for row in await u.rows(sql.lock_admins)]
    if losing and admins == [user_id]:
        raise Conflict("This is the last administrator. Make somebody else one first.")


async def _user(u: Unit, user_id: UUID) -> User:
    user = await u.first(User, sql.user_by_id, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user


async def _send_link(u: Unit, purpose: Purpose, user_id: UUID) -> None:
    """The link itself is made when it is sent, so that no secret waits in the queue."""
    await work.add(u, SEND_LINK, {"purpose": purpose, "user_id": str(user_id)}, key=f"{purpose}:{user_id}")


def _check_profile(name: str, time_zone: str) -> None:
    if not 1 <= len(name) <= 200:
        raise Invalid("name", "A name of 1 to 200 characters is needed.")
    if not is_time_zone(time_zone):
        raise Invalid("time_zone", f"There is no time zone {time_zone[:60]}.")


def _check_team(name: str) -> None:
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid("name", "A name of 1 to 100 characters is needed.")
