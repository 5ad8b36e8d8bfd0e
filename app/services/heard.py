"""How much was heard since the service started, counted where windows finish."""

from app.domain.media import AudioWindow, Span
from app.domain.transcript import WindowTranscript
from app.ports import WindowJournal


class CountingJournal:
    """Implements `ports.WindowJournal` over another one. What that holds already is not counted."""

    def __init__(self, journal: WindowJournal) -> None:
        self._journal = journal
        #: Of sound.
        self.seconds = 0.0

    async def done(self, job_id: str, params_hash: str) -> dict[int, tuple[Span, WindowTranscript]]:
        return await self._journal.done(job_id, params_hash)

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        await self._journal.record(job_id, params_hash, window, result)
        self.seconds += window.seconds
