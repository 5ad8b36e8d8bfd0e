"""What listens to a talk as a whole, and says what it is told to."""

from collections.abc import Sequence

from app.domain.media import Audio, Span


class Turns:
    """Finds the chapters it is told to, or fails."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.chapters: tuple[tuple[int, str], ...] = ((0, "Windows"),)
        self.asked: list[tuple[list[str], str | None]] = []

    async def find(
        self, passages: Sequence[str], language: str | None
    ) -> Sequence[tuple[int, str]]:
        self.asked.append((list(passages), language))
        if self.trouble:
            raise self.trouble
        return self.chapters if passages else ()


class Voices:
    """Hears two speakers in turn, or fails."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.numbers: tuple[int | None, ...] = (0, 1)
        self.asked: list[tuple[float, list[Span]]] = []

    async def find(self, audio: Audio, spans: Sequence[Span]) -> Sequence[int | None]:
        self.asked.append((audio.path.stat().st_size / 32_000, list(spans)))
        if self.trouble:
            raise self.trouble
        return [self.numbers[number % len(self.numbers)] for number in range(len(spans))]
