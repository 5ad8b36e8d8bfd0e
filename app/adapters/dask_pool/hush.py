"""What the cluster's library says by itself."""

import logging


def hush(level: int) -> None:
    """Nothing below that. Once it is loaded: it then sets levels of its own."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(level)
