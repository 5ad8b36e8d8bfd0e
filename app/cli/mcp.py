"""`spool mcp`: tools for agents, on standard input and output."""

import asyncio
import signal

from app.agents.stdio import serve_stdio
from app.cli.service import ApiKey, Server, service


def mcp(server: Server = None, api_key: ApiKey = None) -> None:
    """Let an agent use the service (Model Context Protocol)."""
    # reading standard input cannot be called off, and there is nothing to be saved
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with service(server, api_key) as spool:
        address = spool.address
    asyncio.run(serve_stdio(address, api_key))
