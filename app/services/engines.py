"""Transcription engines by provider and model, loaded once and leased."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

from loguru import logger

from app.domain.errors import InvalidRequest
from app.ports import TranscriptionEngine

#: Makes the engine for a model name; loads weights. Raises ModelError, EngineError.
EngineFactory: TypeAlias = Callable[[str], Awaitable[TranscriptionEngine]]
#: Provider and model.
Named: TypeAlias = tuple[str, str]

KEPT = 4  # engines, in use or not


@dataclass(kw_only=True)
class Loaded:
    """An engine at hand."""

    engine: TranscriptionEngine
    leases: int = 0
    #: On the shelf's clock: when the last lease ended.
    idle_since: float


class EngineShelf:
    """Implements `ports.EngineLeases`. `defaults` maps each provider to its configured model."""

    def __init__(
        self,
        factories: Mapping[str, EngineFactory],
        *,
        provider: str,
        defaults: Mapping[str, str],
        names: Callable[[str], Collection[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`names`: the models of a provider that clients may ask for by name; empty: any."""
        self._factories, self._provider, self._defaults = factories, provider, dict(defaults)
        self._configured = dict(defaults)  # it alone may be a path
        self._names, self.clock = names, clock
        self._engines: dict[Named, Loaded] = {}
        #: One for each: a model under way from the network holds up no other.
        self._loading: dict[Named, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._swapping = asyncio.Lock()
        #: "loading", "ready", "idle" (it is loaded when a job needs it), or what went wrong with
        #: the default engine.
        self.state = "loading"

    @property
    def default(self) -> Named:
        return self._provider, self._defaults[self._provider]

    def loaded(self) -> Mapping[Named, Loaded]:
        return self._engines

    def choices(self) -> Mapping[str, tuple[str, Collection[str]]]:
        """By provider: its model when none is named, and the names to choose from; empty: any."""
        return {
            provider: (self._defaults[provider], sorted(self._names(provider)))
            for provider in self._factories
        }

    def check(self, provider: str | None, model: str | None) -> Named:
        """As `named`. Raises InvalidRequest on what clients may not ask for."""
        provider, meant = self.named(provider, model)
        if meant in (self._configured[provider], self._defaults[provider]):
            return provider, meant
        if (names := self._names(provider)) and meant not in names:
            hint = f"one of: {', '.join(sorted(names))}"
            raise InvalidRequest(f"model: {model!r} is not known to {provider}", hint=hint)
        return provider, meant

    def named(self, provider: str | None, model: str | None) -> Named:
        provider = provider or self._provider
        if provider not in self._factories:
            known = ", ".join(sorted(self._factories))
            raise InvalidRequest(f"provider: {provider!r} is not known", hint=f"one of: {known}")
        return provider, model or self._defaults[provider]

    @asynccontextmanager
    async def lease(
        self, provider: str | None, model: str | None
    ) -> AsyncIterator[TranscriptionEngine]:
        loaded = await self._loaded(self.check(provider, model))
        loaded.leases += 1
        try:
            yield loaded.engine
        finally:
            loaded.leases -= 1
            loaded.idle_since = self.clock()
            await self._drop_surplus()

    async def warm(self) -> None:
        """Load the configured engine ahead of the first job; a failure is told, not raised."""
        ours = self.default
        try:
            async with self.lease(*ours) as engine:
                logger.info("engine ready: {} {}", engine.provider, engine.model)
        except Exception as error:
            if ours == self.default:
                self.state = f"failed: {error}"
            logger.error("the configured engine does not load: {}", error)

    async def swap(self, provider: str, model: str) -> None:
        """Another default, once it is loaded; who has an engine keeps it. One swap at a time.

        It lasts until the service ends. When this raises, the default is as it was: InvalidRequest
        on a name that is not known, ModelError or EngineError when it does not load.
        """
        self.check(provider, model)
        async with self._swapping, self.lease(provider, model):
            before = self.default
            self._provider, self._defaults[provider] = provider, model
            self.state = "ready"
        told = "default engine: {} {} instead of {} {}, until the service ends"
        logger.info(told, provider, model, *before)

    async def unload(self, after: float) -> None:
        """Let go of engines that nobody has leased for `after` seconds. The default one too: it
        is loaded again when a job needs it."""
        due = self.clock() - after
        for named, loaded in list(self._engines.items()):
            if not loaded.leases and loaded.idle_since <= due:
                logger.info("engine unloaded, nobody needed it for {:g} s: {} {}", after, *named)
                await self._drop(named)

    async def _loaded(self, named: Named) -> Loaded:
        provider, model = named
        async with self._loading[named]:
            if named not in self._engines:
                engine = await self._factories[provider](model)
                self._engines[named] = Loaded(engine=engine, idle_since=self.clock())
            if named == self.default:
                self.state = "ready"
            return self._engines[named]

    async def _drop_surplus(self) -> None:
        """Clients may name any model of an endpoint: only so many engines are kept unused."""
        idle = [named for named, loaded in self._engines.items() if not loaded.leases]
        for named in idle[: max(0, len(self._engines) - KEPT)]:
            await self._drop(named)

    async def _drop(self, named: Named) -> None:
        loaded = self._engines.pop(named)
        if not self._loading[named].locked():
            del self._loading[named]
        if named == self.default:
            self.state = "idle"
        await loaded.engine.aclose()

    async def aclose(self) -> None:
        for loaded in self._engines.values():
            await loaded.engine.aclose()
        self._engines.clear()
