"""How long, how branched and how wide the code may become. docs/architecture.md names the same figures."""

from statistics import median

from tests.shape.source import complexity, imports, length, modules

#: They are lists by nature: the composition root; all routers of the API, all pages, all commands of the command line, all integrations.
LISTS = {
    "tocsin.chatops.grammar", "tocsin.web.room_panels", "tocsin.app", "tocsin.api.v1", "tocsin.web.pages", "tocsin.cli.main", "tocsin.integrations.registry",
}  # fmt: skip
#: The vocabulary that every package speaks: however many of its words a module uses, it counts once.
KERNEL = "tocsin.kernel"


def shares(sizes: dict[str, int], usual: int, most: int) -> list[str]:
    """What breaks "95 % at most `usual`, none over `most`", largest first; empty when it holds."""
    ranked = sorted(sizes.items(), key=lambda item: -item[1])
    over = [f"{size} {place}" for place, size in ranked if size > most]
    large = [f"{size} {place}" for place, size in ranked if size > usual]
    return over or (large if len(large) > len(sizes) * 0.05 else [])


def functions(measure: object) -> dict[str, int]:
    return {
        f"{module.place(function)} {function.name}": measure(function)
        for module in modules("tocsin")
        for function in module.functions()
    }


def test_functions_are_short() -> None:
    sizes = functions(length)
    assert shares(sizes, 40, 80) == []
    assert median(sizes.values()) <= 8


def test_functions_are_simple() -> None:
    assert shares(functions(complexity), 6, 12) == []


def test_modules_are_short() -> None:
    assert shares({module.name: module.lines for module in modules("tocsin")}, 300, 400) == []


def test_modules_know_few_others() -> None:
    known = {name: len({vocabulary(other) for other in others}) for name, others in imports().items()}
    assert shares({name: count for name, count in known.items() if name not in LISTS}, 8, 12) == []


def vocabulary(module: str) -> str:
    """The module, or the kernel for each of its modules."""
    return KERNEL if module.startswith(KERNEL) else module
