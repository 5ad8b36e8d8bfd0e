"""Who may come in, and how often: what the operator has set."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Gate:
    """As it stands here, it is open to everybody on this machine."""

    keys_required: bool = False
    #: Keys are off because only this machine can reach it: what a proxy passes on is refused.
    no_proxy: bool = False
    #: For each key, or each address where there is none; 0: as many as they like.
    requests_a_minute: int = 0
    #: Origins of pages elsewhere that may call: `https://app.example`.
    cors_origins: tuple[str, ...] = ()
    #: Names by which the service may be called; `*` for any.
    allowed_hosts: tuple[str, ...] = ()
    #: Whether names that only a neighbour in the network can take are ours too: `box`, `box.local`.
    neighbours_names: bool = False
    #: Of this machine.
    own_name: str = ""
