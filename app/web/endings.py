"""Jobs that ended without a result: whose it is to change something."""

#: A job that ended so would end so again: the client has to send something else.
CLIENTS_OWN = (
    "media.",
    "source.",
    "request.",
    "cancelled",
    "job.superseded",
    "engine.refused",
)


def ends_so_again(code: str) -> bool:
    return code.startswith(CLIENTS_OWN)
