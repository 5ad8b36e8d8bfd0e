"""`spool NOUN` lists, `spool NOUN ID` shows one, `spool NOUN VERB ID…` does something to it."""

from typing import Any

import typer
from typer.core import TyperGroup

LIST, SHOW = "list", "show"


class Noun(TyperGroup):
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._with_verb(args, asked=not ctx.resilient_parsing))

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """Verbs, and what may follow where the verb is left out."""
        found = super().shell_complete(ctx, incomplete)
        unsaid = self.commands.get(LIST if incomplete.startswith("-") else SHOW)
        if unsaid is None:
            return found
        with unsaid.make_context(unsaid.name, [], parent=ctx, resilient_parsing=True) as inner:
            if incomplete.startswith("-"):
                return found + unsaid.shell_complete(inner, incomplete)
            ids = [each for each in unsaid.params if each.param_type_name == "argument"]
            return found + [name for each in ids for name in each.shell_complete(inner, incomplete)]

    def _with_verb(self, args: list[str], *, asked: bool) -> list[str]:
        """`asked`: and not just to complete what stands there."""
        first = args[0] if args else ""
        if first == "--help" or first in self.commands or not (args or asked):
            return args
        if not first or first.startswith("-"):
            return [LIST, *args]
        return [SHOW, *args] if SHOW in self.commands else args


def noun(help: str) -> typer.Typer:
    return typer.Typer(cls=Noun, help=help, add_completion=False, pretty_exceptions_enable=False)
