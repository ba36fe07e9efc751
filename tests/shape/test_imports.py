"""What import-linter does not see: cycles, imports inside functions, and who in the kernel knows the driver."""

import ast
from graphlib import CycleError, TopologicalSorter

from tests.shape.source import Function, imports, modules

#: The composition root may import late, so that one command does not load every door.
MAY_IMPORT_LATE = {"tocsin.app"}
#: Outside libraries that only these modules may import.
RESERVED = {
    "asyncpg": {"tocsin.kernel.db", "tocsin.kernel.bus", "tocsin.kernel.migrate"},
    "aiohttp": {"tocsin.kernel.net"},
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


def outside(node: ast.AST) -> list[str]:
    """The libraries that a statement imports from."""
    if isinstance(node, ast.Import):
        return [alias.name.partition(".")[0] for alias in node.names]
    return [node.module.partition(".")[0]] if isinstance(node, ast.ImportFrom) and node.module else []


def test_functions_are_looked_for_at_every_depth() -> None:
    tree = ast.parse("def outer():\n    async def inner():\n        import os\n")
    assert [node.name for node in ast.walk(tree) if isinstance(node, Function)] == ["outer", "inner"]
