"""Models by the names that OpenAI's clients use: OpenAI's own, and ours."""

from app.domain.errors import NotFound
from app.services.engines import EngineShelf

#: OpenAI's models that turn speech into text: whatever engine is the default here. Not those that
#: tell speakers apart, which no engine here does.
OPENAI_NAMES = (
    "whisper-1",
    "gpt-transcribe",
    "gpt-4o-transcribe",
    "gpt-4o-mini-transcribe",
    "gpt-4o-mini-transcribe-2025-12-15",
)
#: Sound leaves this machine only where that is the default, never for a model's name.
REMOTE = "openai"


class ModelNames:
    def __init__(self, engines: EngineShelf) -> None:
        self._engines = engines

    async def owners(self) -> dict[str, str]:
        """Every name that may be asked for, with the provider that it leads to."""
        ours = await self._ours()
        return dict.fromkeys(OPENAI_NAMES, self._engines.default[0]) | ours

    async def owner(self, name: str) -> str:
        """The provider that a name leads to. Raises NotFound."""
        if (owner := (await self.owners()).get(name)) is None:
            raise _unknown(name)
        return owner

    async def engine(self, name: str) -> tuple[str | None, str | None]:
        """Provider and model for a job; None for the default. Raises NotFound."""
        if name in OPENAI_NAMES:
            return None, None
        provider = (await self._ours()).get(name)
        if provider is None:
            raise _unknown(name)
        return provider, name

    async def _ours(self) -> dict[str, str]:
        """Of two providers that know a name, the default one has it."""
        choices = await self._engines.choices()
        first = self._engines.default[0]
        found: dict[str, str] = {}
        for provider in sorted(choices, key=lambda each: (each != first, each)):
            default, names = choices[provider]
            if provider == first:
                names = (*names, default)
            elif provider == REMOTE:
                continue
            for name in names:
                found.setdefault(name, provider)
        return {name: owner for name, owner in found.items() if _tellable(name)}


def _unknown(name: str) -> NotFound:
    hint = "GET /v1/models lists those that do"
    return NotFound(f"the model {name!r} does not exist here", code="model_not_found", hint=hint)


def _tellable(name: str) -> bool:
    """The configured model may be a path, which is nobody's business."""
    return name not in OPENAI_NAMES and not {"/", "\\"} & set(name)
