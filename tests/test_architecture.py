"""Imports run one way, as the design draws them; a test says so because nobody remembers it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PURE = {
    "bot.model",
    "bot.incoming",
    "bot.outgoing",
    "bot.ports",
    "bot.content",
    "bot.actions",
    "bot.events",
    "bot.domain.chats",
    "bot.text.words",
}
WIRING = {"bot.commandline", "bot.wiring", "bot.operation.checking", "bot.demo"}


def modules(package: str) -> Iterator[tuple[str, Path]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield name, path


def imported(path: Path) -> set[str]:
    """What a module imports when it runs; imports for the type checker alone are no dependency."""
    found: set[str] = set()
    tree = ast.parse(path.read_text())
    skipped = {
        node
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


ALL = {name: imported(path) for package in ("bot", "adapters", "handlers") for name, path in modules(package)}


@pytest.mark.parametrize("name", sorted(ALL))
def test_imports_run_one_way(name: str) -> None:
    """Adapters know values, ports and text; handlers know the domain; neither knows the other, nor the core them."""
    ours = {found for found in ALL[name] if found in ALL}
    if name == "bot.model":
        assert not ours
    if name.startswith("adapters"):
        wrong = {o for o in ours if o.startswith(("handlers", "bot.store", "bot.app", "bot.inbox", "bot.outbox"))}
        network = name.split(".")[1] if "." in name else ""
        wrong |= {o for o in ours if o.startswith("adapters.") and o.split(".")[1] != network}
        assert not wrong
    elif name.startswith("handlers"):
        assert not {o for o in ours if o.startswith(("adapters", "bot.app", "bot.inbox", "bot.outbox", "bot.writer"))}
    elif name not in WIRING:
        assert not {o for o in ours if o.startswith(("adapters", "handlers"))}
    if name in PURE:
        assert not {o for o in ours if o not in PURE and o != "bot"}


def test_there_are_no_cycles() -> None:
    """Any module can be read from its imports down."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"a cycle: {' -> '.join((*path, name))}"
        if name in done:
            return
        for needed in sorted(ALL[name]):
            if needed in ALL and needed != name and not name.startswith(f"{needed}."):
                visit(needed, (*path, name))
        done.add(name)

    for name in sorted(ALL):
        visit(name, ())
