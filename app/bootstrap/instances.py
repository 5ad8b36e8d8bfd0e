"""This run of the service among others on one database; alone, where that is a file."""

import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from app.adapters.alone import NoNews, SoleLeader
from app.adapters.memory_queue import MemoryQueue
from app.adapters.sql.boots import SqlBootLog
from app.adapters.sql.connections import is_sqlite, parse
from app.adapters.sql.database import Database
from app.adapters.sql.notes import SqlNotes
from app.adapters.sql.queue import SqlQueue
from app.adapters.sql.server_clock import ServerClock
from app.bootstrap.models import index_models
from app.config import AppSettings
from app.domain.boots import SILENT_AFTER, Boot
from app.domain.clock import Clock, utc_now
from app.domain.instances import Told
from app.ports import JobNews, Leadership
from app.services.tenancy import Tenancy


@dataclass(frozen=True, kw_only=True)
class Instances:
    #: Of this instance, in all of its runs.
    name: str
    tenancy: Tenancy
    queue: MemoryQueue | SqlQueue
    news: JobNews
    leadership: Leadership
    notes: SqlNotes
    #: The database has so many seconds more to answer.
    hurry: Callable[[float], None]
    #: All times in rows are by it.
    clock: Clock = utc_now

    @property
    def shared(self) -> bool:
        """There may be others."""
        return self.queue.lasting

    @property
    def alone(self) -> bool:
        """There are none now: what nobody knows of is nobody's."""
        return not (self.shared and self.tenancy.others)

    @property
    def silent_for(self) -> float | None:
        return SILENT_AFTER if self.shared else None

    async def run(self) -> None:
        """For ever, where there may be others: see what waits."""
        if isinstance(self.queue, SqlQueue):
            await self.queue.count()


def is_shared(url: str) -> bool:
    return not is_sqlite(parse(url))


def instances(settings: AppSettings, database: Database, url: str, files: str | None) -> Instances:
    """`url`: of the database, which is open; `files`: id of the store that all instances share."""
    data = settings.storage.data_dir.absolute()
    ours = Boot(
        boot_id=str(uuid.uuid4()),
        name=f"{socket.gethostname()}:{data}",
        files=files,
        places=settings.ingestion.max_concurrent_jobs,
        settings=index_models(settings),
    )
    make = _among_others if is_shared(url) else _alone
    return make(ours, database, url)


def _among_others(ours: Boot, database: Database, url: str) -> Instances:
    from app.adapters.sql.leadership import PostgresLeadership  # the driver is needed only here
    from app.adapters.sql.notices import send_out
    from app.adapters.sql.server_news import CHANNEL, PostgresNews

    clock = ServerClock(database)
    tenancy = Tenancy(SqlBootLog(database), ours, clock.compare)
    news = PostgresNews(url, sender=ours.boot_id, send=partial(send_out, database, CHANNEL))
    return Instances(
        name=ours.name,
        tenancy=tenancy,
        queue=SqlQueue(
            database,
            boot_id=lambda: tenancy.boot_id,
            home=ours.name,
            told=lambda: news.tell(Told.QUEUE),
        ),
        news=news,
        leadership=PostgresLeadership(url),
        notes=SqlNotes(database),
        hurry=database.hurry,
        clock=clock,
    )


def _alone(ours: Boot, database: Database, url: str) -> Instances:
    return Instances(
        name=ours.name,
        tenancy=Tenancy(SqlBootLog(database), ours),
        queue=MemoryQueue(),
        news=NoNews(),
        leadership=SoleLeader(),
        notes=SqlNotes(database),
        hurry=database.hurry,
    )
