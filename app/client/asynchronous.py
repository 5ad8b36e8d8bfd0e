"""`AsyncSpool`: the same service for asyncio and trio; every call is awaited."""

from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import anyio
import httpx2
from anyio.to_thread import run_sync

from app.client import asking, submitting, wire
from app.client import assets as of_assets
from app.client import engines as of_engines
from app.client import figures as of_figures
from app.client import jobs as of_jobs
from app.client import keys as of_keys
from app.client import retention as of_retention
from app.client import shares as of_shares
from app.client.body import Body
from app.client.exchange import Plan, Reply, Request
from app.client.figures import Figures
from app.client.following import Event, Following

P = ParamSpec("P")
T = TypeVar("T")


def awaited(
    plan: Callable[P, Plan[T]],
) -> Callable[Concatenate["AsyncSpool", P], Coroutine[Any, Any, T]]:
    """The method that carries the plan out."""

    @wraps(plan)
    async def call(spool: "AsyncSpool", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await spool._carry_out(plan(*args, **kwargs))

    return call


class AsyncSpool:
    """As `Spool`; belongs to one event loop."""

    def __init__(
        self,
        server: str | None = None,
        api_key: str | None = None,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._http = httpx2.AsyncClient(**wire.options(server, api_key), transport=transport)

    @property
    def address(self) -> str:
        """Of the service."""
        return str(self._http.base_url).rstrip("/")

    upload = awaited(submitting.upload)
    submit_url = awaited(submitting.submit_url)
    submit_path = awaited(submitting.submit_path)
    job = awaited(of_jobs.job)
    wait = awaited(of_jobs.wait)
    jobs = awaited(of_jobs.jobs)
    result = awaited(of_jobs.result)
    result_as = awaited(of_jobs.result_as)
    cancel = awaited(of_jobs.cancel)
    retry = awaited(of_jobs.retry)
    delete = awaited(of_jobs.delete)
    dead_letters = awaited(of_jobs.dead_letters)
    replay = awaited(of_jobs.replay)
    replay_all = awaited(of_jobs.replay_all)
    assets = awaited(of_assets.assets)
    asset = awaited(of_assets.asset)
    search = awaited(asking.search)
    edit_asset = awaited(of_assets.edit_asset)
    delete_asset = awaited(of_assets.delete_asset)
    processing = awaited(of_figures.processing)
    build_index = awaited(asking.build_index)
    health = awaited(asking.health)
    engines = awaited(of_engines.engines)
    set_engine = awaited(of_engines.set_engine)
    deliveries = awaited(asking.deliveries)
    delivery = awaited(asking.delivery)
    replay_delivery = awaited(asking.replay_delivery)
    retention = awaited(of_retention.retention)
    let_go = awaited(of_retention.let_go)
    orphans = awaited(of_retention.orphans)
    remove_orphans = awaited(of_retention.remove_orphans)
    create_key = awaited(of_keys.create_key)
    change_key = awaited(of_keys.change_key)
    keys = awaited(of_keys.keys)
    revoke_key = awaited(of_keys.revoke_key)
    share = awaited(of_shares.share)
    shares = awaited(of_shares.shares)
    unshare = awaited(of_shares.unshare)

    async def events(self, job_id: str) -> AsyncIterator[Event]:
        """What the job is and becomes, to its end; goes on by itself when the connection breaks."""
        following = Following(job_id=job_id)
        with wire.reaching(self._http.base_url):
            while not following.over:
                try:
                    async for event in self._stream(following):
                        yield event
                    following.ended()
                except wire.BROKEN_STREAM as error:
                    await anyio.sleep(following.broken(error))

    async def _stream(self, following: Following) -> AsyncIterator[Event]:
        async with self._http.stream(**wire.arguments(following.request())) as response:
            if response.is_error:
                await response.aread()
                wire.reply(response)
            async for told in httpx2.EventSource(response):
                yield following.event(told)

    async def figures(
        self, interval: float = 1.0, count: int | None = None
    ) -> AsyncIterator[Figures]:
        """How taking in goes: at once, then every `interval` seconds; for ever without `count`."""
        request = of_figures.live(interval, count)
        with wire.reaching(self._http.base_url):
            async with self._http.stream(**wire.arguments(request)) as response:
                if response.is_error:
                    await response.aread()
                    wire.reply(response)
                async for line in response.aiter_lines():
                    yield of_figures.line_of(line)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def _carry_out(self, plan: Plan[T]) -> T:
        try:
            request = next(plan)
            while True:
                request = plan.send(await self._send(request))
        except StopIteration as end:
            answer: T = end.value
            return answer

    async def _send(self, request: Request) -> Reply:
        with wire.reaching(self._http.base_url):
            async for attempt in wire.tries(request):
                with attempt:
                    content = _off_the_loop(request.body) if request.body else None
                    response = await self._http.request(**wire.arguments(request), content=content)
        return wire.reply(response)


async def _off_the_loop(body: Body) -> AsyncIterator[bytes]:
    """Reading a disk may take a while."""
    chunks = body.chunks()
    try:
        while chunk := await run_sync(next, chunks, b""):
            yield chunk
    finally:
        chunks.close()
