"""How wide the doors stand: open on this machine, behind keys and limits on a network."""

import ipaddress
import socket

from loguru import logger

from app.config import Server
from app.services.keys import KeyService
from app.web.gate import Gate

RATE_LIMIT = 600  # requests a minute, where other machines come
MAKE_ONE = "spool keys create --name admin --scope admin"


def gate_of(server: Server) -> Gate:
    here = only_here(server.host)
    limit = server.rate_limit if server.rate_limit is not None else 0 if here else RATE_LIMIT
    return Gate(
        keys_required=not here if server.require_keys is None else server.require_keys,
        requests_a_minute=limit,
        no_proxy=here and server.require_keys is None,
        cors_origins=server.cors_origins,
        allowed_hosts=server.allowed_hosts,
        neighbours_names=not here,
        own_name=socket.gethostname().lower(),
    )


def only_here(host: str) -> bool:
    """Whether nobody but this machine can reach that address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name: who knows where it leads
        return False


async def warn_without_keys(server: Server, keys: KeyService) -> None:
    if gate_of(server).keys_required:
        if not await keys.any_stands():
            logger.warning(
                "API keys are required, and there is none: stop the service, run `{}`, and start it"
                " again",
                MAKE_ONE,
            )
    elif not only_here(server.host):
        logger.warning("other machines can reach the service, and need no API key")
    elif server.allowed_hosts:
        logger.warning(
            "allowed_hosts is set and API keys are off: whoever a proxy lets in may do everything;"
            " set require_keys = true behind one"
        )
