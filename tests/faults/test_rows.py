"""The table of faults is covered, row by row."""

import ast
from pathlib import Path

import pytest

from tests.faults.rows import ROWS

HERE = Path(__file__).parent
WANTED = list(range(1, 90))


def test_every_row_has_a_test() -> None:
    assert sorted(ROWS) == WANTED


@pytest.mark.parametrize("row", ROWS)
def test_the_tests_of_a_row_exist(row: int) -> None:
    _, tests = ROWS[row]
    assert tests
    for test in tests:
        file, _, name = test.partition("::")
        path = HERE.parent / file if "/" in file else HERE / file
        assert path.name.startswith("test_") and name.startswith("test_")
        assert name in _functions(path), f"{file} has no {name}"


def _functions(path: Path) -> set[str]:
    """Of the module itself: what stands within another is no test."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}
