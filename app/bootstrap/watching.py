"""What watches over the service: counters, and traces where they are wanted."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app import __version__
from app.adapters.otel_tracing import OtelTracer, TracedMeter
from app.adapters.prometheus_meter import PrometheusMeter
from app.bootstrap.hearing import HearingPool
from app.bootstrap.records import Records, database_url
from app.config import AppSettings
from app.domain.metrics import RESTARTS, Replaced
from app.domain.tracing import UNTRACED
from app.ports import Meter, Tracer
from app.services.duties import Leading
from app.services.figures import IngestionFigures
from app.services.gauges import Gauges
from app.services.readiness import Readiness
from app.services.traffic import Traffic


@dataclass(frozen=True, kw_only=True)
class Watching:
    page: PrometheusMeter
    #: Counts on that page.
    meter: Meter
    tracer: Tracer
    leading: Leading = field(default_factory=Leading)

    @property
    def traffic(self) -> Traffic:
        return Traffic(meter=self.meter, tracer=self.tracer)

    def readiness(self, records: Records) -> Readiness:
        return Readiness(census=records.census, disk=records.disk, watch=records.watch)

    def gauges(
        self,
        settings: AppSettings,
        records: Records,
        figures: IngestionFigures,
        pools: Iterable[HearingPool],
    ) -> Gauges:
        by_name = {pool.name: pool for pool in pools}
        self._tell_of_none(by_name)
        kind = database_url(settings).partition(":")[0].partition("+")[0]
        return Gauges(
            page=self.page,
            census=records.census,
            figures=figures,
            disk=records.disk,
            pools=by_name,
            info={"version": __version__, "database": kind},
            others=lambda: len(records.instances.tenancy.others),
            leading=self.leading,
            clock=records.instances.clock,
        )

    def _tell_of_none(self, pools: Iterable[str]) -> None:
        """Or the first worker that dies would be no rise, for who compares with before."""
        for name in pools:
            for why in Replaced:
                self.meter.add(RESTARTS, 0, pool=name, reason=why.value)


@asynccontextmanager
async def open_watching(settings: AppSettings) -> AsyncIterator[Watching]:
    """Raises ConfigError where traces are wanted and cannot be had."""
    page = PrometheusMeter()
    if not settings.telemetry.traces:
        yield Watching(page=page, meter=page, tracer=UNTRACED)
        return
    tracer = OtelTracer()
    try:
        yield Watching(page=page, meter=TracedMeter(page, tracer), tracer=tracer)
    finally:
        await asyncio.to_thread(tracer.close)
