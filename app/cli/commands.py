"""Every command of `spool`, in the order of its help. None is imported before it is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Command:
    name: str
    help: str
    #: Where it is written; a file beside this one.
    module: str
    #: Those that have the same one share a line of the help.
    together: str = ""

    def load(self) -> Any:
        """What Typer makes of it, under its name."""
        import typer.main

        written = getattr(import_module(f"app.cli.{self.module}"), self.name.replace("-", "_"))
        if isinstance(written, typer.Typer):
            made: Any = typer.main.get_group(written)
        else:
            alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            alone.command(self.name)(written)
            made = typer.main.get_command(alone)
        made.name = self.name
        return made


def command(name: str, help: str) -> Command:
    return Command(name=name, help=help, module=name.replace("-", "_"))


def steering(name: str, help: str) -> Command:
    return Command(name=name, help=help, module="steer", together="Change the course of jobs.")


def counting(name: str, help: str) -> Command:
    together = "See how taking in goes, and what is too old."
    return Command(name=name, help=help, module=name, together=together)


def serving(name: str, help: str) -> Command:
    together = "Run the service, or a cluster for its engines."
    return Command(name=name, help=help, module=name, together=together)


def tending(name: str, help: str) -> Command:
    together = "Change the schema; check what is needed."
    return Command(name=name, help=help, module=name, together=together)


def keeping(name: str, help: str) -> Command:
    together = "Copy the service while it works; put it back."
    return Command(name=name, help=help, module=name, together=together)


def choosing(name: str, help: str) -> Command:
    together = "List engines or weights; choose or fetch one."
    return Command(name=name, help=help, module=name, together=together)


#: By what one wants to do.
ROOMS: Mapping[str, tuple[Command, ...]] = {
    "Take in": (
        command("ingest", "Send files, folders or URLs; follow their jobs."),
        command("watch", "Send what appears in a folder, as it appears."),
        command("backfill", "Take in a whole archive, each file once."),
        command("transcribe", "Transcribe one file here, without a service."),
    ),
    "Find": (
        command("search", "Find moments by meaning, by word, by looks."),
        command("result", "Print or save a transcript or subtitles."),
        command("assets", "List, show, correct, delete what can be found."),
        command("share", "Let others read a transcript, by a link."),
    ),
    "Jobs": (
        command("jobs", "List jobs, or show one."),
        steering("cancel", "Stop jobs."),
        steering("retry", "Run again what failed."),
        steering("delete", "Remove jobs and what was found in them."),
        command("dead-letters", "See jobs that used up their retries."),
        counting("retention", "See, or delete, jobs whose time is over."),
        counting("stats", "See how taking in goes; live with --follow."),
    ),
    "Service": (
        serving("serve", "Run the service."),
        serving("cluster", "Run a scheduler, or workers for services."),
        choosing("engines", "List engines, or choose another."),
        choosing("models", "List model weights, or fetch one."),
        command("keys", "Make, list and revoke API keys."),
        keeping("backup", "Copy the service into a folder, while it works."),
        keeping("restore", "Put such a copy back."),
        command("webhooks", "See what webhooks were sent; send them again."),
        tending("migrate", "Bring the database to a schema."),
        tending("doctor", "Check what the service needs."),
        command("mcp", "Let an agent use the service (MCP)."),
        command("completion", "Print what makes a shell complete all this."),
    ),
}
COMMANDS = {each.name: each for commands in ROOMS.values() for each in commands}
