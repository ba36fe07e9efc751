"""Habits: errors are named, tests neither sleep nor pretend."""

import ast
from collections.abc import Iterator

from tests.shape.source import Module, modules

#: Modules that may catch everything, each with the reason. All others name the errors they expect.
CATCH_ALL = {
    "tocsin.kernel.work": "a handler's error must not stop the pump",
}
BROAD = {"Exception", "BaseException"}
WAITS = {"sleep", "wait_for_timeout"}
PRETENDING = {"unittest.mock", "mock", "pytest_mock"}


def calls(module: Module) -> Iterator[tuple[ast.Call, str]]:
    """Each call with the last word of what is called."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield node, getattr(node.func, "attr", getattr(node.func, "id", ""))


def catches_all(module: Module) -> list[str]:
    handlers = (node for node in ast.walk(module.tree) if isinstance(node, ast.ExceptHandler))
    return [
        module.place(handler)
        for handler in handlers
        if (handler.type is None or names(handler.type) & BROAD) and not raises_again(handler)
    ]


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Tidying up on the way out hides nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def names(node: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def test_errors_are_caught_by_name() -> None:
    broad = {module.name: places for module in modules("tocsin") if (places := catches_all(module))}
    assert {name: places for name, places in broad.items() if name not in CATCH_ALL} == {}
    assert CATCH_ALL.keys() - broad.keys() == set(), "no longer needed in the list"


def test_tests_wait_for_conditions() -> None:
    slept = [
        module.place(call)
        for module in modules("tests")
        for call, name in calls(module)
        if name in WAITS and [ast.unparse(argument) for argument in call.args] != ["0"]
    ]
    assert slept == []


def test_tests_use_the_real_thing() -> None:
    pretended = [
        module.place(node)
        for module in modules("tests")
        for node in ast.walk(module.tree)
        if PRETENDING & imported(node) or replaces(node)
    ]
    assert pretended == []


def imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return set()


def replaces(node: ast.AST) -> bool:
    """`monkeypatch` may set the environment and the folder; it may not put something else in the code's place."""
    return (
        isinstance(node, ast.Attribute)
        and node.attr in {"setattr", "delattr", "setitem"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "monkeypatch"
    )
