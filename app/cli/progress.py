"""Bars on standard error, where somebody looks at it: else nothing at all."""

import sys

from rich.console import Console
from rich.progress import Progress, ProgressColumn


def progress(*columns: ProgressColumn, transient: bool = False) -> Progress:
    """What is printed meanwhile stands above the bars; but into a pipe it goes as ever."""
    console = Console(stderr=True, highlight=False)
    return Progress(
        *columns,
        console=console,
        transient=transient,
        disable=not console.is_terminal or console.is_dumb_terminal,
        redirect_stdout=sys.stdout.isatty(),
    )
