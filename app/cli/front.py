"""The front of `spool`: its help on one screen, and each command imported only when called."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from typer.core import TyperCommand, TyperGroup

from app.cli.commands import COMMANDS, ROOMS, Command
from app.cli.trouble import unread

USAGE = "Usage: spool COMMAND …    (spool COMMAND --help tells more)"


class Front(TyperGroup):
    """Its commands are names and a line of help until one of them is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for each in COMMANDS.values():
            self.add_command(TyperCommand(each.name, help=each.help))

    def resolve_command(
        self, ctx: Any, args: list[str]
    ) -> tuple[str | None, Any | None, list[str]]:
        name, found, rest = super().resolve_command(ctx, args)
        return name, COMMANDS[name].load() if name in COMMANDS else found, rest

    def invoke(self, ctx: Any) -> Any:
        """Who reads no further has seen enough: that is no failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            if not unread():
                raise
            return 0

    def format_help(self, ctx: Any, formatter: Any) -> None:
        formatter.write("\n".join([USAGE, self.help or "", "", *_rows()]))


def _rows() -> Iterator[str]:
    """Fewer than 24, and none over 80 letters: that is a screen."""
    lines = [(room, *line) for room, commands in ROOMS.items() for line in _lines(commands)]
    wide = max(len(names) for _, names, _ in lines)
    before = ""
    for room, names, help in lines:
        yield f"{room if room != before else '':7}  {names:{wide}}  {help}"
        before = room


def _lines(commands: tuple[Command, ...]) -> Iterator[tuple[str, str]]:
    """Names, and what they are for."""
    for together, some in groupby(commands, key=lambda each: each.together or each.name):
        alike = list(some)
        help = alike[0].help if len(alike) == 1 else together
        yield ", ".join(each.name for each in alike), help
