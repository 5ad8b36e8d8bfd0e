"""The whole house: adapters plugged into services, opened and closed in order."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from loguru import logger

from app.adapters.folder_lock import held
from app.adapters.leftovers import end_leftovers, marked
from app.bootstrap.finding import open_finding
from app.bootstrap.gate import warn_without_keys
from app.bootstrap.listening import follow_renewals, note_run
from app.bootstrap.records import open_records
from app.bootstrap.rooms import Rooms
from app.bootstrap.seeing import open_seeing
from app.bootstrap.stores import index_folder
from app.bootstrap.voices import open_voices
from app.bootstrap.watching import open_watching
from app.bootstrap.webhooks import open_webhooks
from app.bootstrap.workshop import workshop
from app.config import AppSettings
from app.services.duties import begun, do_duties
from app.services.engines import EngineFactory
from app.web.doors import Doors

#: Seconds for windows under way at shutdown.
GRACE = 20.0
#: And then for a database server, which may not answer at all.
LAST_WORDS = 10.0


@asynccontextmanager
async def house(
    settings: AppSettings, *, factories: Mapping[str, EngineFactory] | None = None
) -> AsyncIterator[Doors]:
    """Everything open and running; jobs left by a dead run are queued before this yields.

    `factories` replaces the engines, for tests. Raises StorageError, ConfigError.
    """
    async with AsyncExitStack() as closing:
        _take(settings, closing)
        rooms = await _open(settings, factories, closing)
        boot_id = await _settle_in(rooms, closing)
        worker = rooms.worker(boot_id)
        follow_renewals(rooms.records, worker)
        await worker.recover()
        await _clear_up(rooms, boot_id)
        await warn_without_keys(settings.server, rooms.records.keys)
        leadership = rooms.records.instances.leadership
        duties = do_duties(leadership, partial(rooms.duties, worker), rooms.watching.leading)
        works = [begun(work) for work in (*rooms.works(worker), duties, worker.run())]
        closing.push_async_callback(_cancel, *works)
        closing.push_async_callback(rooms.indexer.aclose)
        closing.push_async_callback(rooms.index_care.aclose)
        closing.callback(rooms.records.instances.hurry, LAST_WORDS)
        closing.push_async_callback(worker.close, GRACE)
        yield rooms.doors(worker)


async def _settle_in(rooms: Rooms, closing: AsyncExitStack) -> str:
    """Among others, if there may be; the id of this run. Raises ConfigError beside strangers.

    From now on it tells that it lives: the start may take longer than others wait. Who is alone
    begins later, and starts also where nothing can be written.
    """
    tenancy = rooms.records.instances.tenancy
    if rooms.records.instances.shared:
        await tenancy.begin(await rooms.records.mark.read())
        closing.push_async_callback(tenancy.end)
        closing.push_async_callback(_cancel, begun(tenancy.run()))
    return tenancy.boot_id


async def _clear_up(rooms: Rooms, boot_id: str) -> None:
    """Files that no row knows of are leftovers, unless others live, who may be receiving them."""
    if rooms.records.instances.alone:
        await rooms.records.sweep.run_once(boot_id)
        await rooms.uploads.sweep.recover()  # later: a new job hides that the database is older
    else:
        await note_run(rooms.records, boot_id)


def _take(settings: AppSettings, closing: AsyncExitStack) -> None:
    """The data folder and the index's are ours alone, and nobody of an earlier run works in them
    any more."""
    data, index = settings.storage.data_dir, index_folder(settings.storage)
    closing.enter_context(held(data))
    if index is not None:  # what another has just written there would pass for a leftover
        closing.enter_context(held(index, "folder of the index", "index_uri"))
    closing.enter_context(marked(data))
    if killed := end_leftovers(data):
        logger.warning("processes of an earlier run were still there, and are killed: {}", killed)


async def _open(
    settings: AppSettings,
    factories: Mapping[str, EngineFactory] | None,
    closing: AsyncExitStack,
) -> Rooms:
    watching = await closing.enter_async_context(open_watching(settings))
    logs, meter = settings.storage.data_dir / "logs", watching.meter
    tools = await closing.enter_async_context(workshop(settings, factories, logs, meter))
    records = await closing.enter_async_context(open_records(settings, meter))
    searching = open_finding(settings, tools.weights, logs, meter, watching.leading)
    finding = await closing.enter_async_context(searching)
    webhooks = await closing.enter_async_context(open_webhooks(settings, records, meter))
    looking = open_seeing(settings, tools.weights, tools.cage, logs, meter)
    seeing = await closing.enter_async_context(looking)
    speakers = await closing.enter_async_context(open_voices(settings, tools.weights, logs, meter))
    return Rooms(
        settings=settings,
        watching=watching,
        tools=tools,
        records=records,
        finding=finding,
        seeing=seeing,
        speakers=speakers,
        webhooks=webhooks,
    )


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    """All at once: each may take a while. What one ended by was told then."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
