"""`spool mcp`: tools for agents, on standard input and output."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from app.agents.stdio import EVERYWHERE, serve_stdio
from app.cli.service import ApiKey, Server, service

Folders = Annotated[
    list[Path] | None,
    typer.Option("--folder", metavar="DIR", help="Send files of this folder only; repeatable."),
]


def mcp(folder: Folders = None, server: Server = None, api_key: ApiKey = None) -> None:
    """Let an agent use the service (Model Context Protocol)."""
    # reading standard input cannot be called off, and there is nothing to be saved
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with service(server, api_key) as spool:
        address = spool.address
    folders = [str(each.expanduser()) for each in folder or ()] or EVERYWHERE
    asyncio.run(serve_stdio(address, api_key, folders))
