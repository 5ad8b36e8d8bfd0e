"""`spool mcp`: tools for agents, on standard input and output."""

import asyncio
import signal

from app.agents.stdio import serve_stdio
from app.cli.service import ApiKey, Server, address


def mcp(server: Server = None, api_key: ApiKey = None) -> None:
    """Let an agent use the service (Model Context Protocol)."""
    # reading standard input cannot be called off, and there is nothing to be saved
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(serve_stdio(address(server), api_key))
