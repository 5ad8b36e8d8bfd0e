"""Codes of errors and warnings, as the code itself has them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from app.adapters.sql.transitions import CANCELLED, INTERRUPTED
from tests.media import ROOT

DOTTED = r"[a-z_]+\.[a-z_]+"


def codes() -> set[str]:
    """`code = "..."`, `codes = {...}`, `code="..."`; and how attempts end."""
    told = {str(each["error_code"]) for each in (CANCELLED, INTERRUPTED)}
    values = (value for file in _sources("app") for value in _coded(file))
    return told.union(text for value in values for text in _texts(value, r"[a-z_.]+"))


def warnings() -> set[str]:
    """All that looks like a code in the pipeline, and is no point that a test may break it at."""
    return {each for file in _sources("app/pipeline") for each in _dotted(_parsed(file))}


def _sources(folder: str) -> Iterator[Path]:
    return (ROOT / folder).rglob("*.py")


def _coded(file: Path) -> Iterator[ast.AST]:
    for node in ast.walk(_parsed(file)):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("code", "codes"):
            yield node.value
        elif isinstance(node, ast.keyword) and node.arg == "code":
            yield node.value


def _dotted(tree: ast.AST) -> set[str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    points = [node for node in calls if ast.unparse(node.func).endswith("reached")]
    return set(_texts(tree, DOTTED)).difference(*(_texts(point, DOTTED) for point in points))


def _texts(tree: ast.AST, pattern: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and re.fullmatch(pattern, str(node.value)):
            yield str(node.value)


def _parsed(file: Path) -> ast.AST:
    return ast.parse(file.read_text(encoding="utf-8"))
