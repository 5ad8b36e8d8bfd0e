"""What one instance tells the others, and does when another tells it something."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from loguru import logger

from app.bootstrap.records import Records
from app.domain.errors import SpoolError
from app.domain.instances import Told
from app.services.engines import EngineShelf
from app.services.worker import JobWorker

DEFAULT = "engine.default"  # the note of it: provider and model


def follow_renewals(records: Records, worker: JobWorker) -> None:
    """A run that is lost goes on under another id."""

    async def renewed(boot_id: str) -> None:
        await worker.renew(boot_id)
        await note_run(records, boot_id)

    records.instances.tenancy.renewed = renewed


async def note_run(records: Records, boot_id: str) -> None:
    """For the next start on our folder: it need not wait until this run is taken for dead."""
    try:
        await records.mark.write(boot_id)
    except SpoolError as error:
        logger.warning("which run this is was not noted down: {}", error.message)


class Listening:
    """Ties what an instance does to news of it, both ways."""

    def __init__(
        self, records: Records, engines: EngineShelf, worker: JobWorker, nudge: Callable[[], None]
    ) -> None:
        """`nudge`: there may be a webhook to be sent."""
        self._records, self._engines = records, engines
        self._worker, self._nudge = worker, nudge
        self._ours = records.instances
        self._following: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """For ever."""
        news = self._ours.news
        self._records.watch.abroad = lambda job_id: news.tell(Told.JOB, job_id)
        self._records.watch.gone_abroad = lambda job_id: news.tell(Told.GONE, job_id)
        self._records.keys.changed = lambda key_id: news.tell(Told.KEY, key_id)
        if self._ours.shared:
            self._engines.swapped = self._swapped
            if self._ours.alone:  # it lasted until all had ended
                await _endured(self._ours.notes.put(DEFAULT, None))
        await news.listen(self.heard)

    def heard(self, kind: Told, subject: str) -> None:
        """`ALL`: whatever it could have been."""
        if kind in (Told.JOB, Told.GONE):
            self._records.watch.heard(subject)
            self._follow(self._worker.look(subject))
        if kind is Told.GONE:  # else our files would take the database for an older one
            self._records.mark.forget(subject)
        if kind is Told.ALL:
            self._records.watch.heard_all()
        if kind in (Told.QUEUE, Told.ALL):
            self._ours.queue.nudge()
        if kind in (Told.WEBHOOK, Told.ALL):
            self._nudge()
        if kind in (Told.KEY, Told.ALL):
            self._records.keys.forget()
        if kind in (Told.ENGINE, Told.ALL):
            self._follow(self._take_default())

    async def _take_default(self) -> None:
        noted = await self._ours.notes.get(DEFAULT)
        if noted is not None and tuple(noted) != self._engines.default:
            await self._engines.follow(*noted)

    async def _swapped(self, provider: str, model: str) -> None:
        await self._ours.notes.put(DEFAULT, [provider, model])
        self._ours.news.tell(Told.ENGINE)

    def _follow(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(_endured(work))
        self._following.add(task)
        task.add_done_callback(self._following.discard)


async def _endured(work: Coroutine[Any, Any, None]) -> None:
    """What is told of may be seen by a later look, too."""
    try:
        await work
    except SpoolError as error:
        logger.warning("what another instance told was not followed: {}", error.message)
