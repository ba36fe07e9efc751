"""What the room takes, its pages ask for: each address that a page may post to stands in a form, a button or a script, and each field
that a button reads stands beside it. What is only written in Python is not offered to anybody."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import Route

from tests.shape.source import ROOT
from tests.shape.test_routes import routes

ROOM = "/incidents/{key}/"
#: Where the room's forms, buttons and scripts are; and what is expected of somebody brings buttons of its own.
PAGES = ("tocsin/web/templates/incidents", "tocsin/web/templates/postmortem", "tocsin/web/static/js")
ANSWERS = ("tocsin/incidents/model.py", "tocsin/incidents/queries.py")
#: Without a form, and why.
NO_FORM = {
    "output": "what is long is pasted where lines are written, and sent as a line that begins with /output"
}
#: Fields without an input, and why.
NO_FIELD = {"still: minutes": "one press promises the usual rhythm; another one is written as /still 45"}
#: Addresses with a word that a template fills in.
BUILT = {"transcripts": "{{ what }}s", "recordings": "{{ what }}s"}
_LINK = re.compile(r'\bhref="[^"]*"')
_CODE = re.compile(r"\{[{%].*?[}%]\}", re.DOTALL)


@cache
def written() -> tuple[str, ...]:
    """Every template and script of the room, without what only links; and the answers."""
    paths = [
        p for folder in PAGES for p in sorted((ROOT / folder).rglob("*")) if p.suffix in (".html", ".js")
    ]
    answers = [a for path in ANSWERS for a in re.findall(r"Answer\([^()]*", (ROOT / path).read_text())]
    return (*(_LINK.sub("", p.read_text(encoding="utf-8")) for p in paths), "{{ " + " ".join(answers) + " }}")


def names(text: str, word: str) -> bool:
    """Whether a template's own code has the word in quotes."""
    return any(f'"{word}"' in code for code in _CODE.findall(text))


def forms_of(tail: str, pages: tuple[str, ...]) -> list[str]:
    """The templates and scripts that post there. What stands before the last word may be a variable."""
    word = BUILT.get(tail, tail.rpartition("/")[2])
    end = re.compile(rf"""/{re.escape(word)}["'`?]""")
    return [text for text in pages if end.search(text) or names(text, word)]


def fields_of(act: Callable[..., Any]) -> Iterator[str]:
    """The fields that a button reads from its form."""
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(act)))):
        called = node.func if isinstance(node, ast.Call) and node.args else None
        if isinstance(called, ast.Attribute) and ast.unparse(called.value) == "form":
            yield ast.literal_eval(node.args[0])


def unasked(tail: str, endpoint: Callable[..., Any], pages: tuple[str, ...]) -> list[str]:
    """The fields of a button of the room (`buttons` in `tocsin/web/room_act.py`) that no form of it has."""
    act = inspect.getclosurevars(inspect.unwrap(endpoint)).nonlocals.get("what")
    forms = forms_of(tail, pages)
    return [
        f"{tail}: {field}"
        for field in (fields_of(act) if act and tail not in NO_FORM else ())
        if not any(f'name="{field}"' in text or names(text, field) for text in forms)
    ]


def taken(folder: Path) -> dict[str, Callable[..., Any]]:
    """What stands after the key in each address of the room that is posted to, and what answers it."""
    found = [r for r in routes(folder) if isinstance(r, Route) and not isinstance(r, APIRoute)]
    return {
        r.path.removeprefix(ROOM): r.endpoint
        for r in found
        if r.path.startswith(ROOM) and "POST" in (r.methods or ())
    }


def test_each_address_of_the_room_stands_in_a_page(tmp_path: Path) -> None:
    found = taken(tmp_path)
    assert len(found) > 60
    assert [tail for tail in found if not forms_of(tail, written())] == sorted(NO_FORM)


def test_each_field_of_a_button_stands_in_its_form(tmp_path: Path) -> None:
    found = taken(tmp_path)
    missing = [each for tail, endpoint in found.items() for each in unasked(tail, endpoint, written())]
    assert missing == sorted(NO_FIELD)


def test_what_no_page_asks_for_would_be_seen(tmp_path: Path) -> None:
    """The faulty service could be set, and no page had a field for it; an alert could be taken off, and no page had the button."""
    facts = taken(tmp_path)["facts"]
    page = '<form action="{{ base }}/facts"><input name="summary"><input name="impact"><input name="reporter_contact">'
    assert unasked("facts", facts, (page,)) == ["facts: service_id"]
    assert (
        forms_of(
            "unlink-alert", (_LINK.sub("", '<a href="{{ base }}/unlink-alert">Unlink</a>'), "unlink-alert")
        )
        == []
    )
