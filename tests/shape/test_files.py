"""What no file of the repository may hold: where somebody's machine keeps things, and whom packages are taken from."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shape.source import ROOT, files

# Written so that this file does not hold what it looks for.
PACKAGE_HOSTS = re.compile(
    r"python(?:)hosted\.org|pypi\.(?:)org/simple|registry\.(?:)npmjs|registry\.(?:)yarnpkg"
)
HOMES = re.compile(r"(?<![\w.}$~-])/(?:work|farm|root|opt/pypi\S*|opt/wheels)/[\w.-]")


def texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            yield path.relative_to(ROOT), data.decode("utf-8", errors="replace")


@pytest.mark.parametrize("unwanted", [PACKAGE_HOSTS, HOMES], ids=["package hosts", "paths of a machine"])
def test_no_file_holds(unwanted: re.Pattern[str]) -> None:
    found = [
        f"{path}:{text.count(chr(10), 0, match.start()) + 1} {match[0]}"
        for path, text in texts()
        for match in unwanted.finditer(text)
    ]
    assert found == []


def test_it_would_be_seen() -> None:
    assert HOMES.search('open("/' + 'root/x")')
    assert HOMES.search("cd /" + "work/main")
    assert not HOMES.search("/admin/work/1 and ../work/main")
    assert PACKAGE_HOSTS.search("https://files.python" + "hosted.org/x")


def test_requirements_name_no_address_and_hash_everything() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        pinned = re.split(r"\n(?=[a-z0-9])", text.strip())
        assert [each.partition(" ")[0] for each in pinned if "--hash=sha256:" not in each] == []


def test_blocks_of_styles_end_before_the_next_begins() -> None:
    """A brace that is missing puts everything after it under a condition, and no tool says so."""
    depth, wrong = 0, []
    text = (ROOT / "tocsin/web/static/css/app.css").read_text(encoding="utf-8")
    plain = re.sub(
        r"/\*.*?\*/|\"[^\"\n]*\"", lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.DOTALL
    )
    for number, line in enumerate(plain.splitlines(), 1):
        if line.startswith("@layer") and depth:
            wrong.append(f"app.css:{number} begins {depth} deep")
        depth += line.count("{") - line.count("}")
    assert (wrong, depth) == ([], 0)
