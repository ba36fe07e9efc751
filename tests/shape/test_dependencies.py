"""Each direct dependency earns its place in docs/dependencies.md, and is pinned."""

import re
import tomllib

from tests.shape.source import ROOT


def declared() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"run": project["dependencies"], **project.get("optional-dependencies", {})}
    return {group: [name(text) for text in texts] for group, texts in groups.items()}


def name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def pinned(file: str) -> set[str]:
    return {
        name(line) for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if re.match(r"\w", line)
    }


def test_each_is_explained_and_nothing_else() -> None:
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    explained = {name(match) for match in re.findall(r"^\| \[?`?([\w.-]+)`?\]?[^|]*\|", text, re.MULTILINE)}
    wanted = {each for group in declared().values() for each in group}
    assert explained - {"package", "-", "---"} == wanted


def test_each_is_pinned() -> None:
    groups = declared()
    assert set(groups["run"]) - pinned("requirements.txt") == set()
    assert {each for group in groups.values() for each in group} - pinned("requirements-dev.txt") == set()
