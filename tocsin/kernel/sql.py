"""Named SQL statements, kept in a `.sql` file beside the package that owns the tables.

A statement is introduced by `-- name: what_it_does`, followed by comment lines that say why it exists. When its
rows become a dataclass, `-- row: ClassName` names it (in the package's `model` module, or with its whole dotted name), so that
`tests/shape` can compare columns with fields. `-- engine` marks statements that must never scan a large table.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
_ROW = re.compile(r"^-- row: ([\w.]+)\s*$", re.MULTILINE)
_ENGINE = re.compile(r"^-- engine\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement. `row` is the dotted path of the dataclass that its rows become, or None."""

    name: str
    text: str
    row: str | None = None
    engine: bool = False


class Statements:
    """The statements of one package as attributes: `sql = Statements("tocsin.people"); sql.user_by_id`."""

    def __init__(self, package: str, file: str | None = None) -> None:
        self.package = package
        self._file = file or f"{package.rpartition('.')[2]}.sql"
        self._by_name = _load(package, self._file)

    def __getattr__(self, name: str) -> Statement:
        try:
            return self._by_name[name]
        except KeyError:
            raise AttributeError(f"{self.package}/{self._file} has no statement named {name}") from None

    def all(self) -> list[Statement]:
        """Every statement, in file order; for the test that prepares them all."""
        return list(self._by_name.values())


@cache
def _load(package: str, file: str) -> dict[str, Statement]:
    source = files(package).joinpath(file).read_text(encoding="utf-8")
    parts = _NAME.split(source)[1:]
    statements = [_parse(package, name, body) for name, body in zip(parts[::2], parts[1::2], strict=True)]
    by_name = {s.name: s for s in statements}
    if len(by_name) != len(statements):
        raise ValueError(f"{package}/{file} names a statement twice")
    return by_name


def _parse(package: str, name: str, body: str) -> Statement:
    row = _ROW.search(body)
    dotted = None if row is None else row[1] if "." in row[1] else f"{package}.model.{row[1]}"
    text = "\n".join(line for line in body.splitlines() if not line.startswith("--")).strip().rstrip(";")
    return Statement(name, text, dotted, bool(_ENGINE.search(body)))
