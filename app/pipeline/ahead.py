"""Passages are embedded while what comes after them is still being heard.

The last step needs these vectors; what is missing then, it makes itself. So nothing here costs a
job anything: it is only begun with a model that is loaded, and a failure ends it without a word.
"""

import asyncio
from collections.abc import Callable, Mapping
from itertools import chain

from loguru import logger

from app.domain.media import AudioWindow, Span
from app.domain.transcript import WindowTranscript
from app.pipeline.moments import Passage, join, split
from app.ports import Embedder, Vector, WindowJournal

#: Passages in one call: a search waits behind it. What is fewer is left to the last step.
BATCH = 8


class Ahead:
    """Of one job. It remembers a vector for each text, so no more than its transcript holds."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: dict[str, Vector] = {}
        self._waiting: list[str] = []
        self._work: asyncio.Task[None] | None = None
        self._over = False

    def overhear(self, journal: WindowJournal) -> WindowJournal:
        """The journal of a transcript that begins; its windows are followed as they are kept."""
        self._waiting = []  # of what an extractor gave that failed midway
        return _Overheard(journal, _Settled(), self._come)

    async def vectors(self) -> Mapping[str, Vector]:
        """By text, once the call under way is done; no other is begun."""
        self._over = True
        if self._work is not None:
            await asyncio.wait({self._work})
        return self._vectors

    def close(self) -> None:
        """No other call is begun. The one under way is short, and its end is left alone: a worker
        that is cancelled is killed, and searches would wait until the next has read its model."""
        self._over = True

    def _come(self, passages: list[Passage]) -> None:
        self._waiting += dict.fromkeys(passage.text for passage in passages)
        if self._enough() and self._embedder.ready and (not self._work or self._work.done()):
            self._work = asyncio.create_task(self._embed())

    def _enough(self) -> bool:
        return not self._over and len(self._waiting) >= BATCH

    async def _embed(self) -> None:
        try:
            while self._enough():
                texts, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                vectors = await self._embedder.embed(texts)
                self._vectors.update(zip(texts, vectors, strict=True))
        except Exception as error:  # the last step meets it again, and tells
            logger.debug("no passage is embedded ahead any more: {}", error)
            self._over = True


class _Settled:
    """Tells which passages of a transcript stand, while windows of it come in any order."""

    def __init__(self) -> None:
        self._early: dict[int, WindowTranscript] = {}
        self._next = 0
        #: The next segment may still belong to it.
        self._last: list[Passage] = []

    def add(self, result: WindowTranscript) -> list[Passage]:
        """Those that no other window can change any more."""
        if result.number >= self._next:
            self._early[result.number] = result
        passages = list(join(chain(self._last, self._pieces())))
        self._last = passages[-1:]
        return passages[:-1]

    def _pieces(self) -> list[Passage]:
        """Of windows with none missing before them."""
        pieces: list[Passage] = []
        while (result := self._early.pop(self._next, None)) is not None:
            pieces += (piece for segment in result.segments for piece in split(segment))
            self._next += 1
        return pieces


class _Overheard:
    """Implements `ports.WindowJournal` over another one."""

    def __init__(
        self, journal: WindowJournal, settled: _Settled, come: Callable[[list[Passage]], None]
    ) -> None:
        self._journal, self._settled, self._come = journal, settled, come

    async def done(self, job_id: str, params_hash: str) -> dict[int, tuple[Span, WindowTranscript]]:
        results = await self._journal.done(job_id, params_hash)
        for _, result in results.values():
            self._follow(result)
        return results

    async def record(
        self, job_id: str, params_hash: str, window: AudioWindow, result: WindowTranscript
    ) -> None:
        await self._journal.record(job_id, params_hash, window, result)
        self._follow(result)

    def _follow(self, result: WindowTranscript) -> None:
        try:
            self._come(self._settled.add(result))
        except Exception as error:  # the last step meets it again
            logger.debug("window {} is not followed: {}", result.number, error)
