"""Traces by OpenTelemetry, sent by OTLP over HTTP. Where to is said by its own variables, such as
`OTEL_EXPORTER_OTLP_ENDPOINT`."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app import __version__
from app.domain.errors import ConfigError
from app.domain.metrics import (
    DATABASE_SECONDS,
    ENGINE_SECONDS,
    SEARCH_SECONDS,
    STAGE_SECONDS,
    Metric,
)
from app.ports import Meter

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

NANO = 1_000_000_000
#: What is timed, and so a span of whatever it was timed in.
SPANS = {
    STAGE_SECONDS: "stage",
    ENGINE_SECONDS: "engine call",
    DATABASE_SECONDS: "transaction",
    SEARCH_SECONDS: "search",
}
#: What they tell may be a key of the collector's.
SECRET = ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS")
CLOSE = 5.0  # seconds
MISSING = "telemetry.traces is on, and the extra `telemetry` is not installed"


class OtelTracer:
    """Implements `ports.Tracer`. Spans are sent from a thread of its own, and dropped where nobody
    takes them."""

    def __init__(self, exporter: "SpanExporter | None" = None) -> None:
        """`exporter`: another one, for tests. Raises ConfigError where the library is missing.

        Keys are taken out of the environment once they are read: all that is started inherits it.
        """
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise ConfigError(MISSING) from error
        named = {"service.name": os.environ.get("OTEL_SERVICE_NAME") or "spool"}
        resource = Resource.create({**named, "service.version": __version__})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("spool", __version__)
        for name in SECRET:
            os.environ.pop(name, None)

    @contextmanager
    def span(self, name: str, /, **attributes: str | int) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name, attributes=attributes, record_exception=False, set_status_on_exception=False
        ):
            yield

    def mark(self, name: str, seconds: float, /, **attributes: str) -> None:
        """What has just ended, in the span of the caller; nothing outside of any."""
        from opentelemetry.trace import get_current_span

        if get_current_span().is_recording():
            now = time.time_ns()
            began = now - round(seconds * NANO)
            span = self._tracer.start_span(name, attributes=attributes, start_time=began)
            span.end(now)

    def close(self) -> None:
        """Sends what is left, within some seconds: the library waits for half a minute where
        nobody answers. Blocking."""
        sending = threading.Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        sending.join(CLOSE)


class TracedMeter:
    """Implements `ports.Meter` over another one: what it times is a span, too."""

    def __init__(self, meter: Meter, tracer: OtelTracer) -> None:
        self._meter, self._tracer = meter, tracer

    def add(self, metric: Metric, number: float = 1.0, /, **labels: str) -> None:
        self._meter.add(metric, number, **labels)

    def seen(self, metric: Metric, value: float, /, **labels: str) -> None:
        self._meter.seen(metric, value, **labels)
        if name := SPANS.get(metric):
            self._tracer.mark(name, value, **labels)
