"""The service that a command talks to."""

import os
from typing import Annotated

import typer

from app.client import Spool
from app.config import load_settings

#: Addresses that listen everywhere; one talks to them here.
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}

Server = Annotated[str | None, typer.Option(help="URL of the service; else SPOOL_SERVER.")]
ApiKey = Annotated[str | None, typer.Option(help="Else SPOOL_API_KEY.")]


def service(server: str | None, api_key: str | None) -> Spool:
    """As the options say, or the environment, or the settings."""
    return Spool(server or os.environ.get("SPOOL_SERVER") or _configured(), api_key)


def _configured() -> str:
    server = load_settings().server
    host = EVERYWHERE.get(server.host, server.host)
    return f"http://[{host}]:{server.port}" if ":" in host else f"http://{host}:{server.port}"
