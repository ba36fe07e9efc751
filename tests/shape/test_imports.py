"""What import-linter does not see: cycles, imports inside functions, and who in the kernel knows the driver."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

from tests.shape.source import ROOT, Function, imports, modules

#: The entry may import late, so that one command does not load every door.
MAY_IMPORT_LATE = {"tocsin.__main__"}
#: Outside libraries that only these modules may import.
RESERVED = {
    "asyncpg": {"tocsin.kernel.db", "tocsin.kernel.bus", "tocsin.kernel.migrate"},
    "aiohttp": {"tocsin.kernel.net"},
    "obstore": {"tocsin.kernel.s3"},
}
#: What a server is made of, and takes a second to load.
SERVERS = {
    "asyncpg",
    "fastapi",
    "starlette",
    "uvicorn",
    "jinja2",
    "icalendar",
    "holidays",
    "structlog",
    "argon2",
}


def test_no_cycles() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def test_imports_stand_at_the_top() -> None:
    late = [
        module.place(node)
        for module in modules("tocsin")
        if module.name not in MAY_IMPORT_LATE
        for function in module.functions()
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert late == []


def test_the_driver_and_the_http_client_have_few_users() -> None:
    found = [
        f"{module.place(node)} {name}"
        for module in modules("tocsin")
        for node in ast.walk(module.tree)
        for name in outside(node)
        if module.name not in RESERVED.get(name, {module.name})
    ]
    assert found == []


def test_a_command_that_asks_a_server_waits_for_nothing_else() -> None:
    program = "import sys, tocsin.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "tocsin.cli.oncall" in loaded
    assert {name for name in loaded if name.partition(".")[0] in SERVERS} == set()
    assert {
        name
        for name in loaded
        if name in {"tocsin.app", "tocsin.kernel.db", "tocsin.people", "tocsin.oncall"}
    } == set()


def outside(node: ast.AST) -> list[str]:
    """The libraries that a statement imports from."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [node.module.partition(".")[0]] if isinstance(node, ast.ImportFrom) and node.module else []


def test_functions_are_looked_for_at_every_depth() -> None:
    tree = ast.parse("def outer():\n    async def inner():\n        import os\n")
    assert [node.name for node in ast.walk(tree) if isinstance(node, Function)] == ["outer", "inner"]
