"""The documents tell the truth: what they must name is named, and what they name is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import tocsin.app  # noqa: F401 - the composition root imports every package, and so registers every kind
from tests.shape.source import ROOT
from tocsin.__main__ import on_this_machine, serving
from tocsin.cli.main import build
from tocsin.record.kinds import KINDS
from tocsin.variables import VARIABLES

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
#: Folders whose files a document may name; what stands behind a slash, a dot or a word is another machine's path.
OURS = re.compile(r"(?<![\w/.~$-])(?:tocsin|tests|bench|bin|docs)/[\w.*/-]*\w")
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)

each_page = pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])


def text(page: str | Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands(app: typer.Typer) -> Iterator[str]:
    """Every command as it is typed, without those that only hold others."""
    group = typer.main.get_command(app)
    for name in group.list_commands(typer.Context(group)):
        inner = getattr(group.commands[name], "commands", {})
        yield from (f"tocsin {name} {each}" for each in inner)
        if not inner:
            yield f"tocsin {name}"


def test_operations_name_every_variable() -> None:
    lines = text("docs/operations.md").splitlines()
    rows = {match[1] for line in lines if (match := re.match(r"\| `([A-Z0-9_]+)` \|", line))}
    assert rows == {variable.name for variable in VARIABLES}


def test_cli_names_every_command() -> None:
    found = text("docs/cli.md")
    named = list(commands(build(on_this_machine, serving)))
    assert len(named) > 15
    described = set(re.findall(r"^### `(tocsin [a-z -]+)`$", found, re.MULTILINE))
    assert set(named) - described == set(), "describe it in docs/cli.md"
    assert described - set(named) == set(), "there is no such command"


def test_record_names_every_kind() -> None:
    _, kinds = text("docs/record.md").split("\n## Kinds\n")
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", kinds, re.MULTILINE))
    assert rows == set(KINDS)


def test_architecture_names_the_budgets() -> None:
    rows = [line for line in text("docs/architecture.md").splitlines() if line.startswith("|")]
    for words in ("median 8", "95 % at most 40, none over 80", "95 % at most 6, none over 12",
                  "95 % at most 300, none over 400", "95 % at most 8, none over 12"):  # fmt: skip
        assert [row for row in rows if words in row], words


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    broken = [target for target in LINK.findall(text(page)) if not leads(page, target)]
    assert broken == []


def leads(page: Path, target: str) -> bool:
    if re.match(r"[a-z]+:", target):
        return True
    path, _, anchor = target.partition("#")
    found = page.parent / path if path else page
    return found.exists() and (not anchor or anchor in anchors(found))


def anchors(page: Path) -> set[str]:
    """The names of headings as the usual renderers make them."""
    headings = re.findall(r"^#+ (.+)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_what_it_makes_is_a_target(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text("Makefile"), re.MULTILINE))
    named = {name for code in CODE.findall(text(page)) for name in re.findall(r"\bmake ([a-z][a-z-]*)", code)}
    assert named - targets == set()


@each_page
def test_files_that_it_names_exist(page: Path) -> None:
    assert {name for name in OURS.findall(text(page)) if not any(ROOT.glob(name))} == set()


def test_what_is_not_there_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One thing\n[a](#one-thing) [b](other.md) [c](#two) [d](https://example.org)\n", encoding="utf-8"
    )
    found = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in found if not leads(page, target)] == ["other.md", "#two"]
    assert OURS.findall("see `tocsin/nowhere.py`, not /var/lib/tocsin/postgres") == ["tocsin/nowhere.py"]
