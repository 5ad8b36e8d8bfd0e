"""`spool cluster`"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.config import AppSettings

cluster = typer.Typer(
    help="Run what a cluster is made of: one scheduler, and workers on any machines.",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
Host = Annotated[
    str | None, typer.Option(help="Address of this machine by which the others reach it.")
]


@cluster.command()
def scheduler(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Who reaches it can run any code here.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8786,
    tls: Annotated[
        bool, typer.Option("--tls", help="Let in only who has a certificate; Dask's settings.")
    ] = False,
) -> None:
    """Run the scheduler of a cluster in the foreground until SIGTERM or Ctrl-C."""
    from app.bootstrap.cluster import run_scheduler  # heavy: only for this command
    from app.config import load_settings

    _log(load_settings())
    asyncio.run(run_scheduler(host, port, tls=tls))


@cluster.command()
def worker(
    scheduler: Annotated[
        str | None,
        typer.Option(help="tcp://HOST:PORT; else workers.dask_address.", metavar="ADDRESS"),
    ] = None,
    host: Host = None,
) -> None:
    """Run a worker of a cluster in the foreground until SIGTERM or Ctrl-C.

    It does as many tasks at a time as transcription.workers says, each in a process of its own.
    """
    from app.bootstrap.cluster import run_worker  # heavy: only for this command
    from app.config import load_settings

    settings = load_settings()
    _log(settings)
    asyncio.run(run_worker(settings, scheduler, host))


def _log(settings: "AppSettings") -> None:
    from app.logs import configure

    configure(settings.logging.level, json_lines=settings.logging.json_lines)
