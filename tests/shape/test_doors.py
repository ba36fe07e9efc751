"""Doors offer commands: each one offers each command, or says here why it does not."""

import ast
import re
from collections.abc import Iterator

import pytest

import tocsin.app  # noqa: F401 - the composition root imports every package, and so registers every command
from tests.shape.source import Function, Module, modules
from tocsin.api.v1 import ROUTERS
from tocsin.kernel.commands import COMMANDS
from tocsin.people.permissions import VERBS

#: The doors, and the folders they are built from. A line that starts with `/` is a command in every room.
DOORS = {
    "web": ("tocsin/web", "tocsin/chatops"),
    "api/v1": ("tocsin/api/v1", "tocsin/chatops"),
    "cli": ("tocsin/cli", "tocsin/chatops"),
}
#: They plant and play demo data; nobody works through them.
NO_DOOR = {"tocsin.cli.seed", "tocsin.cli.history", "tocsin.cli.demo"}
INTAKE = {"alert.take_in"}
VENDORS = {"page.acknowledge_by_reply"}
OPERATOR = {"user.create", "token.create_for"}
BROWSER = {
    "session.sign_in", "session.sign_out", "session.sign_out_everywhere", "link.set_up", "link.set_password",
    "link.verify", "password.change", "password.ask_reset", "page.acknowledge_by_link", "page.acknowledge_bundle", "page.mark_seen", "page.mark_bundle_seen", "method_test.confirm",
    "relief.ask_by_link", "contact_method.renew_device", "page.still_on_it_by_link",
}  # fmt: skip
ONESELF = {
    "profile.change", "contact_method.add", "contact_method.remove", "contact_method.ask_verification",
    "visit.caught_up", "notification_rule.add", "notification_rule.remove", "notification_rule.make_own", "notification_rule.use_defaults", "token.create", "token.revoke", "page.test",
    "page.confirm_test",
}  # fmt: skip
DOCUMENTS = {
    "postmortem.draft", "postmortem.edit", "postmortem.set_status", "postmortem.choose_timeline",
    "action.add", "action.finish",
}  # fmt: skip
#: What an editor does while somebody types; programs save whole texts.
EDITOR = {"notes.edit", "notes.restore"}
ROOM = {"place.set_ticket"}
STATUS_PAGE = {"status_page.change", "component.create", "component.archive", "component.set_status"}
REVISE = {
    "service.change", "service.archive",
    "integration.change", "integration.revoke", "integration.revoke_key", "integration.rotate_key", "route.add", "route.remove",
    "team.change", "team.remove", "team.remove_member",
}  # fmt: skip
PEOPLE = {
    "display.add",
    "display.revoke",
    "user.invite_again",
    "user.set_role",
    "user.disable",
    "user.enable",
    "service_token.create",
}
SET_UP = {
    "policy.create", "policy.change", "policy.archive", "policy.apply_to_running", "team.create", "team.set_paging_rule",
    "team.add_member", "user.invite", "promise.set_default", "role.define", "role.change", "role.put_away",
    "incident_type.define", "incident_type.change", "incident_type.put_away", "incident_field.define", "incident_field.change",
    "incident_field.put_away",
}  # fmt: skip

#: Per door: why, and what.
LEFT_OUT: dict[str, dict[str, set[str]]] = {
    "web": {
        "machines send, by intake, in shared commits": INTAKE,
        "comes signed from a telephony vendor": VENDORS,
        "people declare an incident or page somebody; scripts report": {"alert.report"},
        "a timer asks whether paging works; people press Page me now": {"page.selfcheck"},
        "needs the machine's shell: for when nobody can sign in": OPERATOR,
    },
    "api/v1": {
        "machines send, by intake, in shared commits": INTAKE,
        "comes signed from a telephony vendor": VENDORS,
        "needs the machine's shell: for when nobody can sign in": OPERATOR,
        "sessions, passwords and links are a browser's": BROWSER,
        "one's own account, and tokens, are made in a session: a token must not make itself another": ONESELF,
        "long texts that two people edit need the page's version check; the API exports them": DOCUMENTS,
        "an editor's traffic, and looking before going back": EDITOR,
        "rare acts of the room, done where the record is in sight": ROOM,
        "the status page is set up by eye; updates publish to it from every door": STATUS_PAGE,
        "so far the API sets up; changing and removing is for the pages": REVISE,
        "who may do what is changed in a session, by an administrator": PEOPLE,
        "a program can repeat the single one": {"alert.acknowledge_many", "alert.close_many"},
        "no program asked for it yet": {"alert.note", "page.person"},
    },
    "cli": {
        "machines send, by intake, in shared commits": INTAKE,
        "comes signed from a telephony vendor": VENDORS,
        "sessions, passwords and links are a browser's": BROWSER,
        "one's own account, and tokens, are made in a session": ONESELF,
        "long texts need an editor and the page's version check": DOCUMENTS,
        "an editor's traffic, and looking before going back": EDITOR,
        "rare acts of the room, done where the record is in sight": ROOM,
        "the status page is set up by eye; updates publish to it from every door": STATUS_PAGE,
        "the command line is for the moment something breaks; setting up is for the pages and the API": SET_UP
        | REVISE
        | {"heartbeat.change", "heartbeat.renew", "silence.change", "grouping.change", "service.set_dependencies"},
        "who may do what is changed in a session, by an administrator": PEOPLE,
        "a shell can repeat the single one": {"alert.acknowledge_many", "alert.close_many"},
        "words about an alert are for its page": {"alert.note", "page.person"},
    },
}  # fmt: skip
_BY_PLACE = {(command.__module__, command.__name__): verb for verb, command in COMMANDS.items()}


def meanings(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for, dotted."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def commands_in(module: Module, node: ast.AST) -> Iterator[str]:
    """The verbs of the commands that a piece of code names, called or handed on."""
    known = meanings(module.tree)
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            place = (known.get(each.value.id, ""), each.attr)
        elif isinstance(each, ast.Name):
            place = tuple(known.get(each.id, ".").rsplit(".", 1))
        else:
            continue
        if place in _BY_PLACE:
            yield _BY_PLACE[place]


def requests(module: Module) -> Iterator[tuple[str, str]]:
    """What the command line asks of the API: method, and path with `{}` for what is filled in."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "call":
            method, path = node.args[:2]
            yield ast.literal_eval(method), "".join(parts(path)).partition("?")[0]


def parts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield from (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.BinOp):
        yield from parts(node.left)


def served(method: str, path: str) -> tuple[Module, Function] | None:
    """The function of the API that answers a request; None outside `/api/v1`."""
    for router in ROUTERS:
        for route in router.routes:
            if method in route.methods and re.sub(r"{\w+}", "{}", f"/api/v1{route.path}") == path:
                module = next(m for m in modules("tocsin/api") if m.name == route.endpoint.__module__)
                return module, next(f for f in module.functions() if f.name == route.endpoint.__name__)
    return None


def offered(door: str) -> set[str]:
    """The verbs that a door calls; the command line's also by way of the API."""
    found: set[str] = set()
    for module in (m for folder in DOORS[door] for m in modules(folder) if m.name not in NO_DOOR):
        found |= set(commands_in(module, module.tree))
        if module.name.startswith("tocsin.cli"):
            answers = (served(*request) for request in requests(module))
            found |= {verb for answer in answers if answer for verb in commands_in(*answer)}
    return found


def test_verbs_and_commands_are_the_same() -> None:
    assert set(COMMANDS) - set(VERBS) == set(), "missing in the permission table: refused to everybody"
    assert set(VERBS) - set(COMMANDS) == set(), "a permission for what nobody can do"


@pytest.mark.parametrize("door", sorted(DOORS))
def test_each_command_is_offered_or_left_out(door: str) -> None:
    left_out = set().union(*LEFT_OUT[door].values())
    assert set(COMMANDS) - offered(door) - left_out == set(), "offer it, or say why not"
    assert left_out & offered(door) == set(), "it is offered: take it off the list"
    assert left_out - set(COMMANDS) == set(), "there is no such command"


def test_what_the_command_line_asks_for_exists() -> None:
    asked = {request for module in modules("tocsin/cli") for request in requests(module)}
    assert len(asked) > 10
    assert {request for request in asked if served(*request) is None} == {("POST", "/v1/alerts")}


def test_a_command_is_seen_however_it_is_named() -> None:
    text = (
        "from tocsin.alerts import commands as c\n"
        "from tocsin.alerts.commands import close\n"
        "buttons = [c.snooze, close, note]\n"
    )
    module = Module("example", modules("tocsin")[0].path, text, ast.parse(text))
    assert set(commands_in(module, module.tree)) == {"alert.snooze", "alert.close"}
