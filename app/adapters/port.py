"""Whether there is a port to listen on."""

import asyncio
import errno
import os
import socket

from app.domain.errors import ConfigError


def check_free(host: str, port: int) -> None:
    """Bind it as the server will, and let it go: another may still take it before that does.

    Not from within a loop. Raises ConfigError, with the reason, where it cannot be had.
    """
    try:
        asyncio.run(_bound(host, port))
    except (OSError, UnicodeError) as error:  # what no name can be is no OSError
        place = f"[{host}]" if ":" in host else host
        raise ConfigError(f"{place}:{port}: {_why(error)}", hint=_hint(error)) from error


async def _bound(host: str, port: int) -> None:
    """On all addresses of the host, as uvicorn does; nobody can connect."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    server.close()


def _why(error: OSError | UnicodeError) -> str:
    """asyncio's own words repeat the address."""
    if isinstance(error, socket.gaierror) or not isinstance(error, OSError):
        return getattr(error, "strerror", None) or "that is no name of a host"
    return os.strerror(error.errno) if error.errno else str(error)


def _hint(error: OSError | UnicodeError) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return "`spool doctor` tells whether it is Spool; else set [app.server] port to another"
    return "set [app.server] host and port to what this process may listen on"
