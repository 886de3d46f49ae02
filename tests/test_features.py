"""The tables of features claim nothing that no test shows."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "features.md").read_text()
_NUMBER = re.compile(r"\[(\d+)\]")
_LISTED = re.compile(r"^(\d+)\. `(\S+?)::(\w+)`$", re.MULTILINE)
LISTED = {int(number): (file, name) for number, file, name in _LISTED.findall(TEXT)}


def _cells() -> list[tuple[str, str]]:
    """Of each feature, what a table says for one of our directions."""
    rows = [line.strip("|").split("|") for line in TEXT.splitlines() if line.startswith("| ")]
    return [(row[0].strip(), cell.strip()) for row in rows[1:] for cell in row[1:3] if row[0].strip()]


def test_every_cell_of_ours_names_a_test_or_says_no() -> None:
    bare = [f"{what}: {cell}" for what, cell in _cells() if not _NUMBER.search(cell) and cell != "no"]
    assert bare == []
    assert len(_cells()) > 100


def test_every_test_that_is_named_is_there_and_none_in_vain() -> None:
    named = {int(number) for _, cell in _cells() for number in _NUMBER.findall(cell)}
    assert named == set(LISTED)
    missing = [f"{file}::{name}" for file, name in LISTED.values() if name not in _tests_in(file)]
    assert missing == []


def _tests_in(file: str) -> set[str]:
    path = ROOT / file
    if not path.exists():
        return set()
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
