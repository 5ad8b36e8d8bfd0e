"""Transcription engines by provider and model, loaded once and leased."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias
from weakref import WeakValueDictionary

from loguru import logger

from app.domain.errors import InvalidRequest
from app.domain.models import shown_name
from app.ports import TranscriptionEngine

#: Makes the engine for a model name; loads weights. Raises ModelError, EngineError.
EngineFactory: TypeAlias = Callable[[str], Awaitable[TranscriptionEngine]]
#: Provider and model.
Named: TypeAlias = tuple[str, str]

KEPT = 4  # engines; more only of those in use, and the default


@dataclass(kw_only=True)
class Loaded:
    """An engine at hand."""

    engine: TranscriptionEngine
    leases: int = 0
    #: On the shelf's clock: when the last lease ended.
    idle_since: float


async def _nobody(provider: str, model: str) -> None:
    """There are no others."""


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
        """`names`: the models of a provider that clients may ask for by name; empty: any. It may
        look at files: it is called in a thread."""
        self._factories, self._provider, self._defaults = factories, provider, dict(defaults)
        self._configured = dict(defaults)  # it alone may be a path
        self._names, self.clock = names, clock
        self._engines: dict[Named, Loaded] = {}
        #: One for each, while somebody holds it or waits for it: a model under way from the
        #: network holds up no other.
        self._loading: WeakValueDictionary[Named, asyncio.Lock] = WeakValueDictionary()
        self._swapping = asyncio.Lock()
        #: "loading", "ready", "idle" (it is loaded when a job needs it), or what went wrong with
        #: the default engine.
        self.state = "loading"
        #: Called with another default: other instances should have it, too.
        self.swapped: Callable[[str, str], Awaitable[None]] = _nobody

    @property
    def default(self) -> Named:
        return self._provider, self._defaults[self._provider]

    def loaded(self) -> Mapping[Named, Loaded]:
        return self._engines

    async def choices(self) -> Mapping[str, tuple[str, Collection[str]]]:
        """By provider: its model when none is named, and the names to choose from; empty: any."""
        known = tuple(self._factories)
        names = await asyncio.to_thread(lambda: {each: self._names(each) for each in known})
        return {provider: (self._defaults[provider], sorted(names[provider])) for provider in known}

    async def check(self, provider: str | None, model: str | None) -> Named:
        """As `named`. Raises InvalidRequest on what clients may not ask for.

        A configured path may also be asked for by the name under which it is shown.
        """
        provider, meant = self.named(provider, model)
        configured = self._configured[provider]
        if meant in (configured, self._defaults[provider]):
            return provider, meant
        names = await asyncio.to_thread(self._names, provider)
        if not names or meant in names:
            return provider, meant
        if meant == shown_name(configured):
            return provider, configured
        hint = f"one of: {', '.join(sorted(names))}"
        raise InvalidRequest(f"model: {model!r} is not known to {provider}", hint=hint)

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
        loaded = await self._loaded(await self.check(provider, model))
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
                self.state = f"failed: {error}".replace(ours[1], shown_name(ours[1]))
            logger.error("the configured engine does not load: {}", error)

    async def swap(self, provider: str, model: str) -> None:
        """Another default, once it is loaded; who has an engine keeps it. One swap at a time.

        It lasts until the service ends; until all instances have, where there are several. When
        this raises, the default is as it was: InvalidRequest on a name that is not known,
        ModelError or EngineError when it does not load.
        """
        await self.follow(provider, model)
        await self.swapped(*self.default)

    async def follow(self, provider: str, model: str) -> None:
        """As `swap`, which another instance was asked for."""
        async with self._swapping:
            provider, model = await self.check(provider, model)
            async with self.lease(provider, model):
                before = self.default
                self._provider, self._defaults[provider] = provider, model
                self.state = "ready"
        told = "default engine: {} {} instead of {} {}, until the service ends"
        logger.info(told, provider, model, *before)

    async def unload(self, after: float) -> None:
        """Let go of engines that nobody has leased for `after` seconds. The default one too: it
        is loaded again when a job needs it."""
        while due := self._idle(self.clock() - after):
            logger.info("engine unloaded, nobody needed it for {:g} s: {} {}", after, *due[0])
            await self._drop(due[0])

    async def _loaded(self, named: Named) -> Loaded:
        provider, model = named
        loading = self._loading.setdefault(named, asyncio.Lock())
        async with loading:
            if named not in self._engines:
                engine = await self._factories[provider](model)
                self._engines[named] = Loaded(engine=engine, idle_since=self.clock())
            if named == self.default:
                self.state = "ready"
            return self._engines[named]

    async def _drop_surplus(self) -> None:
        """Clients may name any model of an endpoint: only so many engines are kept unused."""
        while surplus := self._surplus():
            await self._drop(surplus[0])

    def _surplus(self) -> list[Named]:
        """Never the default, which most jobs take."""
        if len(self._engines) <= KEPT:
            return []
        return [named for named in self._idle(math.inf) if named != self.default]

    def _idle(self, since: float) -> list[Named]:
        """Without a lease since then, the longest first. To be asked again after every wait."""
        engines = self._engines.items()
        idle = sorted((each.idle_since, named) for named, each in engines if not each.leases)
        return [named for moment, named in idle if moment <= since]

    async def _drop(self, named: Named) -> None:
        """It is off the shelf before anybody else may run: nobody can lease what is closed."""
        loaded = self._engines.pop(named)
        if named == self.default:
            self.state = "idle"
        await _close(loaded.engine)

    async def aclose(self) -> None:
        while self._engines:
            _, loaded = self._engines.popitem()
            await _close(loaded.engine)


async def _close(engine: TranscriptionEngine) -> None:
    """A failure is nobody's who happens to wait: neither a job's nor the service's."""
    try:
        await engine.aclose()
    except Exception:
        logger.exception("an engine did not close: {} {}", engine.provider, engine.model)
