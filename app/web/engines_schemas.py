"""Engines as clients name them, and as they are shown."""

from collections.abc import Collection, Mapping
from typing import Annotated

from pydantic import Field

from app.domain.models import shown_name
from app.services.engines import EngineShelf, Loaded, Named
from app.web.answers import Answered, Count, Seconds
from app.web.schemas import Given, Name


class EngineChoice(Given):
    provider: Name
    model: Name


class Engine(Answered):
    provider: str
    model: str


class Provider(Answered):
    provider: str
    model: Annotated[str, Field(description="Taken when a job names none.")]
    models: Annotated[
        list[str], Field(description="What jobs may name. Empty: whatever the endpoint has.")
    ]


class LoadedEngine(Engine):
    default: bool
    leases: Annotated[int, Field(ge=0, description="Jobs that use it now.")]
    idle_seconds: Annotated[Seconds | None, Field(description="Since the last one; null in use.")]


class Engines(Answered):
    default: Engine
    state: Annotated[
        str, Field(description="Of the default: ready, loading, idle, or failed: and the reason.")
    ]
    providers: list[Provider]
    loaded: list[LoadedEngine]
    leases: Annotated[Count, Field(description="Of all engines.")]


def engines_view(
    engines: EngineShelf, choices: Mapping[str, tuple[str, Collection[str]]]
) -> Engines:
    """`choices`: those of the engines."""
    provider, model = engines.default
    loaded = [_loaded(engines, named, each) for named, each in engines.loaded().items()]
    return Engines(
        default=Engine(provider=provider, model=shown_name(model)),
        state=engines.state,
        providers=[
            Provider(provider=name, model=shown_name(usual), models=list(models))
            for name, (usual, models) in choices.items()
        ],
        loaded=loaded,
        leases=sum(each.leases for each in loaded),
    )


def _loaded(engines: EngineShelf, named: Named, loaded: Loaded) -> LoadedEngine:
    idle = None if loaded.leases else round(engines.clock() - loaded.idle_since, 1)
    return LoadedEngine(
        provider=named[0],
        model=shown_name(named[1]),
        default=named == engines.default,
        leases=loaded.leases,
        idle_seconds=idle,
    )
