"""Which ports of a public host the service may call on a client's word.

Those of the web, and most above the system's own: public media are served from 8000, 8080, 8443,
9000, 32400 and whatever port a server at home was given. Not those where databases, queues,
desktops and clusters are expected. And under its own public address the machine reaches what its
firewall keeps from the world: there the web's ports alone.
"""

import socket
from collections.abc import Collection

WEB = frozenset({80, 443})
FIRST_OF_ALL = 1024  # below it only the system listens
#: Where something else than a web server listens, or one that commands other machines.
NO_WEB = frozenset(
    {
        *(1080, 1194, 1701, 1719, 1720, 1723, 3128),  # proxies, tunnels, calls
        *(1433, 1434, 1521, 2483, 2484, 3050, 3306, 5432, 5433, 33060, 50000),  # SQL
        *(5984, 6379, 6380, 9042, 9160, 9200, 9300, 11211, 27017, 27018, 27019),  # other stores
        *(1883, 4369, 5671, 5672, 8883, 9092, 15672, 61613, 61616),  # queues
        *(2375, 2376, 2377, 4194, 6443, 10250, 10255, 10256),  # containers
        *(2181, 2379, 2380, 7946, 8200, 8300, 8301, 8302, 8500, 8600),  # clusters, their secrets
        *(2049, 3260, 3659, 4045, 4190, 6566, 8009, 10080, 11210),  # disks, mail rules, backends
        *(3389, 5500, *range(5900, 5911), 5985, 5986, *range(6000, 6064)),  # desktops
        *(5060, 5061, *range(6665, 6670), 6697),  # calls, chats
    }
)


def may_be_called(address: str, port: int, allowed: Collection[int] = ()) -> bool:
    """`address`: a literal one. `allowed`: ports that the operator names, and then no others."""
    if allowed:
        return port in allowed
    return port in WEB or (
        port >= FIRST_OF_ALL and port not in NO_WEB and not is_this_machine(address)
    )


def is_this_machine(address: str) -> bool:
    """Whether the system lets somebody listen there: it does so for its own addresses alone."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as door:
            door.bind((address, 0))
    except OSError:
        return False
    return True
