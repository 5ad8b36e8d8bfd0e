"""Transcription engines by provider and model, loaded once and leased."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager

from loguru import logger

from app.domain.errors import InvalidRequest
from app.ports import TranscriptionEngine

#: Makes the engine for a model name; loads weights. Raises ModelError, EngineError.
EngineFactory = Callable[[str], Awaitable[TranscriptionEngine]]


KEPT = 4  # engines, in use or not


class EngineShelf:
    """Implements `ports.EngineLeases`. `defaults` maps each provider to its configured model."""

    def __init__(
        self,
        factories: Mapping[str, EngineFactory],
        *,
        provider: str,
        defaults: Mapping[str, str],
        names: Callable[[str], Collection[str]],
    ) -> None:
        """`names`: the models of a provider that clients may ask for by name; empty: any."""
        self._factories, self._provider, self._defaults = factories, provider, dict(defaults)
        self._configured = dict(defaults)  # it alone may be a path
        self._names = names
        self._engines: dict[tuple[str, str], TranscriptionEngine] = {}
        self._leases: Counter[tuple[str, str]] = Counter()
        #: One for each: a model under way from the network holds up no other.
        self._loading: dict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        #: "loading", "ready", or what went wrong with the configured engine.
        self.state = "loading"

    def check(self, provider: str | None, model: str | None) -> None:
        """Raises InvalidRequest on a provider or model that clients may not ask for."""
        provider, _ = self.named(provider, model)
        if model is None or model == self._configured[provider]:
            return
        if (names := self._names(provider)) and model not in names:
            hint = f"one of: {', '.join(sorted(names))}"
            raise InvalidRequest(f"model: {model!r} is not known to {provider}", hint=hint)

    def named(self, provider: str | None, model: str | None) -> tuple[str, str]:
        provider = provider or self._provider
        if provider not in self._factories:
            known = ", ".join(sorted(self._factories))
            raise InvalidRequest(f"provider: {provider!r} is not known", hint=f"one of: {known}")
        return provider, model or self._defaults[provider]

    @asynccontextmanager
    async def lease(
        self, provider: str | None, model: str | None
    ) -> AsyncIterator[TranscriptionEngine]:
        self.check(provider, model)
        named = self.named(provider, model)
        engine = await self._loaded(*named)
        self._leases[named] += 1
        try:
            yield engine
        finally:
            self._leases[named] -= 1
            await self._drop_idle()

    async def warm(self) -> None:
        """Load the configured engine ahead of the first job; a failure is told, not raised."""
        try:
            async with self.lease(None, None) as engine:
                logger.info("engine ready: {} {}", engine.provider, engine.model)
        except Exception as error:
            self.state = f"failed: {error}"
            logger.error("the configured engine does not load: {}", error)

    async def _loaded(self, provider: str, model: str) -> TranscriptionEngine:
        async with self._loading[provider, model]:
            if (provider, model) not in self._engines:
                self._engines[provider, model] = await self._factories[provider](model)
                if (provider, model) == (self._provider, self._defaults[provider]):
                    self.state = "ready"
            return self._engines[provider, model]

    async def _drop_idle(self) -> None:
        """Clients may name any model of an endpoint: only so many engines are kept unused."""
        idle = [named for named in self._engines if not self._leases[named]]
        for named in idle[: max(0, len(self._engines) - KEPT)]:
            self._leases.pop(named)
            self._loading.pop(named, None)
            await self._engines.pop(named).aclose()

    async def aclose(self) -> None:
        for engine in self._engines.values():
            await engine.aclose()
        self._engines.clear()
