"""`spool serve`"""

from typing import Annotated, Any

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Run the service in the foreground until SIGTERM or Ctrl-C."""
    from app.config import load_settings

    given: dict[str, Any] = {"host": host, "port": port}
    overrides = {key: value for key, value in given.items() if value is not None}
    settings = load_settings(server=overrides)

    from app.server import run  # heavy: only for this command

    run(settings)
