"""What watches over the service: counters, and traces where they are wanted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.adapters.otel_tracing import OtelTracer, TracedMeter
from app.adapters.prometheus_meter import PrometheusMeter
from app.config import AppSettings
from app.domain.tracing import UNTRACED
from app.ports import Meter, Tracer


@dataclass(frozen=True, kw_only=True)
class Watching:
    page: PrometheusMeter
    #: Counts on that page.
    meter: Meter
    tracer: Tracer


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
