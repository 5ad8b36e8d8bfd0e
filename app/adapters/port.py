"""Whether there is a port to listen on."""

import os
import socket

from app.domain.errors import ConfigError


def check_free(host: str, port: int) -> None:
    """Take it for a moment. Raises ConfigError where that cannot be, with the reason."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        known = isinstance(error, socket.gaierror)
        why = error.strerror if known else os.strerror(error.errno or 0)
        hint = "stop what listens there, or set [app.server] host and port to others"
        raise ConfigError(f"{host}:{port}: {why}", hint=hint) from error
