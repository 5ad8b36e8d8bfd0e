"""Transcription engines by provider and model, loaded once and leased."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager

from loguru import logger

from app.domain.errors import InvalidRequest
from app.ports import TranscriptionEngine

#: Makes the engine for a model name; loads weights. Raises ModelError, EngineError.
EngineFactory = Callable[[str], Awaitable[TranscriptionEngine]]


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
        self._factories, self._provider, self._defaults = factories, provider, defaults
        self._names = names
        self._engines: dict[tuple[str, str], TranscriptionEngine] = {}
        #: One for each: a model under way from the network holds up no other.
        self._loading: dict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        #: "loading", "ready", or what went wrong with the configured engine.
        self.state = "loading"

    def check(self, provider: str | None, model: str | None) -> None:
        """Raises InvalidRequest on a provider or model that no job can have."""
        provider = provider or self._provider
        if provider not in self._factories:
            known = ", ".join(sorted(self._factories))
            raise InvalidRequest(f"provider: {provider!r} is not known", hint=f"one of: {known}")
        names = self._names(provider)
        if model and names and model not in names and model != self._defaults[provider]:
            hint = f"one of: {', '.join(sorted(names))}"
            raise InvalidRequest(f"model: {model!r} is not known to {provider}", hint=hint)

    @asynccontextmanager
    async def lease(
        self, provider: str | None, model: str | None
    ) -> AsyncIterator[TranscriptionEngine]:
        self.check(provider, model)
        provider = provider or self._provider
        yield await self._loaded(provider, model or self._defaults[provider])

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

    async def aclose(self) -> None:
        for engine in self._engines.values():
            await engine.aclose()
        self._engines.clear()
