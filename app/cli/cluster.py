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

    _settled_in()
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

    asyncio.run(run_worker(_settled_in(), scheduler, host))


def _settled_in() -> "AppSettings":
    """The settings; no process that is started from here inherits a secret of theirs."""
    from app.config import load_settings, secrets_of, withdraw_secrets
    from app.logs import configure

    settings = load_settings()
    logging, secrets = settings.logging, secrets_of(settings)
    configure(logging.level, json_lines=logging.json_lines, secrets=secrets)
    withdraw_secrets()
    return settings
