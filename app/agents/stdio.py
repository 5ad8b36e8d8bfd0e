"""The tools on standard input and output, for a client that starts them as a program."""

from app.agents.server import mcp_server
from app.agents.tools import Tools
from app.client import AsyncSpool


async def serve_stdio(server: str | None = None, api_key: str | None = None) -> None:
    """Until standard input ends. Nothing else may write to standard output meanwhile."""
    async with AsyncSpool(server, api_key) as spool:
        await mcp_server(Tools(lambda: spool, local=True)).run_stdio_async()
