"""From YAML to a playbook, checked whole: every fault is named with its place, and nothing is half taken."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import yaml

from tocsin.kernel.errors import Invalid
from tocsin.playbooks.model import EVIDENCE, Playbook, RoleGuide, SeverityGuide, Step, Value

LARGEST = 200_000
MOST_STEPS = 200
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
ROLE = re.compile(r"[a-z]+(_[a-z]+)*\Z")
MINUTES = 10_080


class _Plain(yaml.SafeLoader):
    """The safe loader without aliases: a few lines could stand for more than memory holds."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not read here")
        return super().compose_node(parent, index)


def parse(text: str, version: int = 0) -> Playbook:
    """The playbook that a text says. Raises `Invalid` for `body`, with the place of the first fault."""
    if len(text) > LARGEST:
        _wrong("", f"it is too long: {LARGEST} characters fit")
    try:
        data = yaml.load(text, Loader=_Plain)  # noqa: S506 - derived from the safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid(
            "body", f"This is not YAML that can be read: {' '.join(str(error).split())[:300]}"
        ) from error
    top = _map("the playbook", data, {"values", "severities", "roles", "steps"})
    steps = tuple(
        _step(f"steps[{n}]", one) for n, one in enumerate(_list("steps", top.get("steps"), MOST_STEPS))
    )
    ids = [step.id for step in steps]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice:
        _wrong("steps", f"the id {twice} is used twice")
    return Playbook(
        version, tuple(_value(f"values[{n}]", one) for n, one in enumerate(_list("values", top.get("values") or [], 20))),
        _severities(top.get("severities")), _roles(top.get("roles") or {}), steps,
    )  # fmt: skip


def _wrong(where: str, what: str) -> NoReturn:
    raise Invalid("body", f"{where}: {what}." if where else f"{what[0].upper()}{what[1:]}.")


def _map(where: str, data: Any, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        _wrong(where, "this has to be names with values")
    unknown = [str(name) for name in data if name not in known]
    if unknown:
        _wrong(where, f"there is no {unknown[0][:60]!r} here; there are {', '.join(sorted(known))}")
    return data


def _list(where: str, data: Any, most: int) -> Sequence[Any]:
    if not isinstance(data, list):
        _wrong(where, "this has to be a list")
    if len(data) > most:
        _wrong(where, f"at most {most} fit")
    return data


def _text(where: str, data: Any, most: int, *, needed: bool = True) -> str:
    if data is None and not needed:
        return ""
    if not isinstance(data, str) or (needed and not data.strip()):
        _wrong(where, "this has to be words")
    if len(data) > most:
        _wrong(where, f"this is too long: {most} characters fit")
    return data.replace("\x00", "").strip()


def _minutes(where: str, data: Any, *, needed: bool = False) -> int | None:
    if data is None and not needed:
        return None
    if isinstance(data, bool) or not isinstance(data, int) or not 1 <= data <= MINUTES:
        _wrong(where, f"this has to be minutes, 1 to {MINUTES}")
    return data


def _value(where: str, data: Any) -> Value:
    one = _map(where, data, {"name", "text"})
    return Value(_text(f"{where}.name", one.get("name"), 60), _text(f"{where}.text", one.get("text"), 500))


def _severities(data: Any) -> dict[int, SeverityGuide]:
    if not isinstance(data, dict) or set(data) != {1, 2, 3}:
        _wrong("severities", "there have to be 1, 2 and 3")
    return {level: _severity(f"severities.{level}", level, data[level]) for level in (1, 2, 3)}


def _severity(where: str, level: int, data: Any) -> SeverityGuide:
    one = _map(where, data, {"words", "examples", "first_update_min", "cadence_min", "late_min", "stale_min"})
    late = _minutes(f"{where}.late_min", one.get("late_min", 5), needed=True)
    stale = _minutes(f"{where}.stale_min", one.get("stale_min", 60), needed=True)
    assert late is not None  # noqa: S101 - needed
    assert stale is not None  # noqa: S101 - needed
    return SeverityGuide(
        level, _text(f"{where}.words", one.get("words"), 60), _text(f"{where}.examples", one.get("examples"), 500, needed=False),
        _minutes(f"{where}.first_update_min", one.get("first_update_min")),
        _minutes(f"{where}.cadence_min", one.get("cadence_min")), min(late, 1440), stale,
    )  # fmt: skip


def _roles(data: Any) -> dict[str, RoleGuide]:
    if not isinstance(data, dict) or len(data) > 30:
        _wrong("roles", "these have to be at most 30 names with values")
    found = {}
    for name, one in data.items():
        where = f"roles.{str(name)[:60]}"
        if not isinstance(name, str) or not ROLE.match(name):
            _wrong(where, "a role's name is small letters and _")
        guide = _map(where, one, {"words", "instructions"})
        found[name] = RoleGuide(
            name, _text(f"{where}.words", guide.get("words"), 60),
            _paragraphs(_text(f"{where}.instructions", guide.get("instructions"), 4000, needed=False)),
        )  # fmt: skip
    return found


def _paragraphs(text: str) -> str:
    """Lines that were broken to fit a file, as paragraphs; an empty line ends one."""
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text))


def _step(where: str, data: Any) -> Step:
    one = _map(where, data, {"id", "text", "evidence", "role", "severities", "types", "due_min"})
    slug = _text(f"{where}.id", one.get("id"), 60)
    if not SLUG.match(slug):
        _wrong(f"{where}.id", "an id is small letters, digits and -")
    evidence = _text(f"{where}.evidence", one.get("evidence"), 80, needed=False)
    if evidence and evidence.split()[0] not in EVIDENCE:
        _wrong(
            f"{where}.evidence",
            f"nothing in the record shows {evidence!r}; there are {', '.join(sorted(EVIDENCE))}",
        )
    role = _text(f"{where}.role", one.get("role"), 60, needed=False)
    if role and not ROLE.match(role):
        _wrong(f"{where}.role", "a role's name is small letters and _")
    levels = _list(f"{where}.severities", one.get("severities") or [], 3)
    if any(isinstance(level, bool) or level not in (1, 2, 3) for level in levels):
        _wrong(f"{where}.severities", "severities are 1, 2 and 3")
    types = tuple(_text(f"{where}.types", t, 60) for t in _list(f"{where}.types", one.get("types") or [], 20))
    return Step(
        slug, _text(f"{where}.text", one.get("text"), 300), evidence, role, tuple(levels), types,
        _minutes(f"{where}.due_min", one.get("due_min")),
    )  # fmt: skip
