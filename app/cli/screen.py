"""What commands print: tables for people, lines with tabs for programs, JSON for who asks."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    #: Letters it always has: an id cut short is no use to anybody.
    width: int | None = None
    right: bool = False
    #: Takes the room that is left, and is cut where that is too little.
    rest: bool = False


def in_terminal() -> bool:
    """Whether somebody looks at standard output."""
    return sys.stdout.isatty()


def print_json(document: Any) -> None:
    """For one answer."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def print_line(document: Any) -> None:
    """For one of many."""
    print(json.dumps(document, ensure_ascii=False), flush=True)


def print_table(
    columns: Sequence[Column], rows: Iterable[Sequence[str]], *, empty: str = "nothing"
) -> None:
    """Into a pipe: a row a line, its cells whole, parted by tabs, and no head.

    Where there is none, that is told: beside a pipe, for its reader waits for rows.
    """
    found = [[plain(cell) for cell in row] for row in rows]
    if not found:
        print_none(empty)
    elif in_terminal():
        _print_pretty(columns, found)
    else:
        for row in found:
            print("\t".join(row))


def print_none(empty: str) -> None:
    """In place of lines that there are none of."""
    print(empty, file=None if in_terminal() else sys.stderr)


def print_fields(fields: Iterable[tuple[str, str]]) -> None:
    """A name and what it is, where it is something."""
    said = [(name, plain(value)) for name, value in fields if value]
    width = max((len(name) for name, _ in said), default=0) if in_terminal() else 0
    for name, value in said:
        print(f"{name:{width}}  {value}" if width else f"{name}\t{value}")


def moment(at: datetime | None) -> str:
    """To the second, in the zone that it came in."""
    return at.replace(microsecond=0).isoformat() if at else ""


def parts(listed: str | None) -> list[str]:
    """`a, b` as it is typed -> ["a", "b"]"""
    return [each.strip() for each in (listed or "").split(",") if each.strip()]


def plain(cell: str) -> str:
    """On one line, and without what a terminal would obey: titles come from anybody."""
    return "".join(each if each.isprintable() else " " for each in cell)


def _print_pretty(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    wide = any(column.rest for column in columns)
    table = Table(box=None, header_style="bold", expand=wide, pad_edge=False)
    for column in columns:
        table.add_column(
            column.name,
            width=column.width,
            justify="right" if column.right else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if column.rest else None,
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as it is: a title may look like markup
    Console(highlight=False).print(table)
