"""Which engines there are, and which one new jobs get."""

from dataclasses import dataclass

from app.client.answers import Answer
from app.client.exchange import Plan, Request
from app.client.reading import read

ENGINES = "/api/v1/engines"


@dataclass(frozen=True, kw_only=True)
class Engine(Answer):
    provider: str
    model: str = ""


@dataclass(frozen=True, kw_only=True)
class Provider(Engine):
    """`model` is taken when a job names none."""

    #: What jobs may name; empty: whatever the endpoint has.
    models: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LoadedEngine(Engine):
    default: bool = False
    #: Jobs that use it now.
    leases: int = 0
    #: Since the last one; None while it is used.
    idle_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Engines(Answer):
    #: What jobs get that name none.
    default: Engine
    #: Of the default: ready, loading, idle, or why not.
    state: str = ""
    providers: tuple[Provider, ...] = ()
    loaded: tuple[LoadedEngine, ...] = ()
    #: Of all of them.
    leases: int = 0


def engines() -> Plan[Engines]:
    """Those that jobs may name, and the default."""
    reply = yield Request(method="GET", path=ENGINES, repeatable=True)
    return read(Engines, reply.document())


def set_engine(provider: str, model: str) -> Plan[Engines]:
    """The default from now on; jobs that run keep theirs. Answers once it is loaded."""
    reply = yield Request(
        method="PUT",
        path=f"{ENGINES}/default",
        document={"provider": provider, "model": model},
        repeatable=True,
        patience=None,  # weights may have to come from far away
    )
    return read(Engines, reply.document())
