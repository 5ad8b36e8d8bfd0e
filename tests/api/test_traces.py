"""Traces as a collector gets them: a request, and a job with all that it takes."""

import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.adapters import otel_tracing
from app.adapters.otel_tracing import OtelTracer, TracedMeter
from app.config import load_settings
from app.domain import metrics
from app.domain.errors import ConfigError
from tests.api.spool import opened
from tests.equipment import wanted
from tests.tally import Tally

trace_service = wanted("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
exporting = wanted("opentelemetry.sdk.trace.export.in_memory_span_exporter")


@dataclass(kw_only=True)
class Collector:
    """What OpenTelemetry sends to."""

    spans: list[Any] = field(default_factory=list)
    #: Brought with them.
    keys: set[str] = field(default_factory=set)

    def __call__(self, request: Request) -> Response:
        self.keys.add(request.headers.get("Authorization", ""))
        sent = trace_service.ExportTraceServiceRequest.FromString(request.get_data())
        for resource in sent.resource_spans:
            for scope in resource.scope_spans:
                self.spans += scope.spans
        return Response(status=200, content_type="application/x-protobuf")

    def called(self, name: str) -> list[Any]:
        return [span for span in self.spans if span.name == name]


@pytest.fixture
def collector(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    made = Collector()
    httpserver.expect_request("/v1/traces").respond_with_handler(made)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", httpserver.url_for("").rstrip("/"))
    yield made


def attributes(span: Any) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


async def test_a_job_is_one_trace_with_its_stages_and_the_calls_of_its_engine(
    tmp_path: Path, model_folder: Path, speech: bytes, collector: Collector
) -> None:
    async with opened(tmp_path, model_folder, telemetry={"traces": True}) as spool:
        job = await spool.completed(await spool.take_in(speech))
    [walk] = collector.called("job")
    assert attributes(walk) == {"job_id": job["job_id"], "attempt": 1}
    inside = [span for span in collector.spans if span.parent_span_id == walk.span_id]
    assert {span.trace_id for span in inside} == {walk.trace_id}
    assert {span.name for span in inside} == {"stage", "engine call", "transaction"}
    stages = [attributes(span)["stage"] for span in inside if span.name == "stage"]
    assert stages == ["media_extraction", "transcribing", "embedding"]
    for span in inside:
        assert walk.start_time_unix_nano <= span.end_time_unix_nano <= walk.end_time_unix_nano


async def test_a_request_is_a_span_by_its_route_with_its_transactions(
    tmp_path: Path, model_folder: Path, collector: Collector
) -> None:
    async with opened(tmp_path, model_folder, telemetry={"traces": True}) as spool:
        assert (await spool.http.get("/api/v1/jobs/no-such")).status_code == 404
        await spool.http.get("/api/v1/jobs")
        await spool.http.get("/no/such/route")
    names = {span.name for span in collector.spans if span.name.startswith("GET")}
    assert names == {"GET /api/v1/jobs/{job_id}", "GET /api/v1/jobs"}
    [listing] = collector.called("GET /api/v1/jobs")
    children = [each for each in collector.spans if each.parent_span_id == listing.span_id]
    assert {child.name for child in children} == {"transaction"}


async def test_nothing_is_sent_unless_it_is_wanted(
    tmp_path: Path, model_folder: Path, collector: Collector
) -> None:
    async with opened(tmp_path, model_folder) as spool:
        await spool.http.get("/api/v1/jobs")
    assert collector.spans == []


def test_without_the_extra_the_start_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigError, match="the extra `telemetry` is not installed"):
        OtelTracer()
    assert load_settings().telemetry.traces is False


def test_what_is_timed_outside_of_any_span_is_counted_and_makes_none() -> None:
    kept, tally = exporting.InMemorySpanExporter(), Tally()
    tracer = OtelTracer(kept)
    meter = TracedMeter(tally, tracer)
    meter.add(metrics.AUDIO_IN, 2.0)
    meter.seen(metrics.DATABASE_SECONDS, 0.5, kind="read")
    with tracer.span("job", attempt=1):
        meter.seen(metrics.DATABASE_SECONDS, 0.5, kind="write")
        meter.seen(metrics.LOOP_LAG, 0.5)
    tracer.close()
    names = [span.name for span in kept.get_finished_spans()]
    assert names == ["transaction", "job"]
    assert len(tally.values) == 3 and tally.of(metrics.AUDIO_IN) == {(): 2.0}


def test_keys_of_the_collector_are_told_to_it_and_to_no_process_that_is_started(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20secret")
    tracer = OtelTracer()
    assert "OTEL_EXPORTER_OTLP_HEADERS" not in os.environ
    with tracer.span("job"):
        pass
    tracer.close()
    assert len(collector.called("job")) == 1
    assert collector.keys == {"Bearer secret"}


def test_a_collector_that_does_not_answer_holds_up_no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = threading.Event()
    monkeypatch.setattr(otel_tracing, "CLOSE", 0.01)
    tracer = OtelTracer(exporting.InMemorySpanExporter())
    monkeypatch.setattr(tracer._provider, "shutdown", answers.wait)
    tracer.close()
    answers.set()
    monkeypatch.undo()
    tracer.close()
