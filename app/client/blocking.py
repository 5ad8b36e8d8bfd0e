"""`Spool`: the service as an object; every call waits for its answer."""

import time
from collections.abc import Callable, Iterator
from functools import wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx2

from app.client import asking, submitting, wire
from app.client import assets as of_assets
from app.client import engines as of_engines
from app.client import figures as of_figures
from app.client import jobs as of_jobs
from app.client import keys as of_keys
from app.client import retention as of_retention
from app.client import shares as of_shares
from app.client.exchange import Plan, Reply, Request
from app.client.figures import Figures
from app.client.following import Event, Following

P = ParamSpec("P")
T = TypeVar("T")


def blocking(plan: Callable[P, Plan[T]]) -> Callable[Concatenate["Spool", P], T]:
    """The method that carries the plan out."""

    @wraps(plan)
    def call(spool: "Spool", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return spool._carry_out(plan(*args, **kwargs))

    return call


class Spool:
    """Raises Refused with the service's own words, and Unreachable when no answer comes.

    May be shared by threads. `server` and `api_key` are looked for in SPOOL_SERVER and
    SPOOL_API_KEY when they are left out.
    """

    def __init__(
        self,
        server: str | None = None,
        api_key: str | None = None,
        *,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._http = httpx2.Client(**wire.options(server, api_key), transport=transport)

    @property
    def address(self) -> str:
        """Of the service."""
        return str(self._http.base_url).rstrip("/")

    upload = blocking(submitting.upload)
    submit_url = blocking(submitting.submit_url)
    submit_path = blocking(submitting.submit_path)
    job = blocking(of_jobs.job)
    wait = blocking(of_jobs.wait)
    jobs = blocking(of_jobs.jobs)
    result = blocking(of_jobs.result)
    result_as = blocking(of_jobs.result_as)
    cancel = blocking(of_jobs.cancel)
    retry = blocking(of_jobs.retry)
    delete = blocking(of_jobs.delete)
    dead_letters = blocking(of_jobs.dead_letters)
    replay = blocking(of_jobs.replay)
    replay_all = blocking(of_jobs.replay_all)
    assets = blocking(of_assets.assets)
    asset = blocking(of_assets.asset)
    search = blocking(asking.search)
    edit_asset = blocking(of_assets.edit_asset)
    delete_asset = blocking(of_assets.delete_asset)
    processing = blocking(of_figures.processing)
    build_index = blocking(asking.build_index)
    health = blocking(asking.health)
    engines = blocking(of_engines.engines)
    set_engine = blocking(of_engines.set_engine)
    deliveries = blocking(asking.deliveries)
    delivery = blocking(asking.delivery)
    replay_delivery = blocking(asking.replay_delivery)
    retention = blocking(of_retention.retention)
    let_go = blocking(of_retention.let_go)
    orphans = blocking(of_retention.orphans)
    remove_orphans = blocking(of_retention.remove_orphans)
    create_key = blocking(of_keys.create_key)
    change_key = blocking(of_keys.change_key)
    keys = blocking(of_keys.keys)
    revoke_key = blocking(of_keys.revoke_key)
    share = blocking(of_shares.share)
    shares = blocking(of_shares.shares)
    unshare = blocking(of_shares.unshare)

    def events(self, job_id: str) -> Iterator[Event]:
        """What the job is and becomes, to its end; goes on by itself when the connection breaks."""
        following = Following(job_id=job_id)
        with wire.reaching(self._http.base_url):
            while not following.over:
                try:
                    yield from self._stream(following)
                    following.ended()
                except wire.BROKEN_STREAM as error:
                    time.sleep(following.broken(error))

    def _stream(self, following: Following) -> Iterator[Event]:
        with self._http.stream(**wire.arguments(following.request())) as response:
            if response.is_error:
                response.read()
                wire.reply(response)
            for told in httpx2.EventSource(response):
                yield following.event(told)

    def figures(self, interval: float = 1.0, count: int | None = None) -> Iterator[Figures]:
        """How taking in goes: at once, then every `interval` seconds; for ever without `count`."""
        request = of_figures.live(interval, count)
        with (
            wire.reaching(self._http.base_url),
            self._http.stream(**wire.arguments(request)) as response,
        ):
            if response.is_error:
                response.read()
                wire.reply(response)
            for line in response.iter_lines():
                yield of_figures.line_of(line)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _carry_out(self, plan: Plan[T]) -> T:
        try:
            request = next(plan)
            while True:
                request = plan.send(self._send(request))
        except StopIteration as end:
            answer: T = end.value
            return answer

    def _send(self, request: Request) -> Reply:
        content = request.body.chunks if request.body else lambda: None
        with wire.reaching(self._http.base_url):
            for attempt in wire.tries(request):
                with attempt:
                    response = self._http.request(**wire.arguments(request), content=content())
        return wire.reply(response)
