"""Metrics: each of the catalogue is told by a service that has done some work."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from app.domain.errors import EngineCrashed, StorageError
from app.domain.keys import Scope
from app.domain.metrics import CATALOGUE, Kind, Metric
from app.services import gauges
from tests.api.spool import Spool, error, opened

pytestmark = pytest.mark.asyncio(loop_scope="module")

Found = dict[str, dict[frozenset[tuple[str, str]], float]]


async def scraped(spool: Spool, **headers: str) -> Found:
    """By the name of the series, by labels."""
    answer = await spool.http.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: Found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return found


async def fresh(spool: Spool) -> Found:
    """Not what was counted for an earlier test."""
    spool.doors.gauges.__post_init__()
    spool.doors.figures.__post_init__()
    spool.doors.figures._latest = None
    return await scraped(spool)


def value(found: Found, name: str, **labels: str) -> float:
    return found[name][frozenset(labels.items())]


def name_of(metric: Metric) -> str:
    return f"{metric.name}_bucket" if metric.kind is Kind.HISTOGRAM else metric.name


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worked(open_spool: Spool, speech: bytes) -> AsyncIterator[Spool]:
    """After a job and a search."""
    await open_spool.completed(await open_spool.take_in(speech, asset_id="a"))
    assert (await open_spool.http.get("/api/v1/search?q=window")).status_code == 200
    yield open_spool


async def test_every_metric_of_the_catalogue_is_told_after_a_job(worked: Spool) -> None:
    worked.doors.traffic.late(0.01)
    found = await fresh(worked)
    assert [metric.name for metric in CATALOGUE if name_of(metric) not in found] == []


async def test_nothing_is_told_that_the_catalogue_does_not_name(worked: Spool) -> None:
    known = {metric.name for metric in CATALOGUE}
    known |= {
        metric.name + suffix
        for metric in CATALOGUE
        if metric.kind is Kind.HISTOGRAM
        for suffix in ("_bucket", "_count", "_sum")
    }
    assert set(await fresh(worked)) - known == set()


async def test_labels_are_those_of_the_catalogue(worked: Spool) -> None:
    found = await fresh(worked)
    for metric in CATALOGUE:
        for labels in found.get(name_of(metric), {}):
            assert {name for name, _ in labels} - {"le"} == set(metric.labels), metric.name
            for name, told in labels:
                assert name == "le" or not metric.labels[name] or told in metric.labels[name]


async def test_a_job_is_counted_where_it_goes(worked: Spool, speech: bytes) -> None:
    before = await fresh(worked)
    await worked.completed(await worked.take_in(speech))
    after = await fresh(worked)

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert more("spool_jobs", status="completed") == 1
    assert more("spool_jobs_taken_in_total", source="upload") == 1
    assert more("spool_attempts_total", outcome="completed") == 1
    assert more("spool_upload_bytes_total", way="whole") == len(speech)
    assert more("spool_stage_seconds_count", stage="transcribing") == 1
    assert more("spool_http_requests_total", route="/api/v1/ingest", method="POST", status="202")
    sound = more("spool_audio_taken_in_seconds_total")
    engine = {"provider": worked.engine.provider, "model": worked.engine.model}
    assert 0 < more("spool_audio_heard_seconds_total", **engine) <= sound
    assert more("spool_real_time_factor_count", **engine) >= 1


async def test_a_job_that_waits_is_told_with_its_age(worked: Spool, speech: bytes) -> None:
    worked.engine.reset()
    worked.engine.hold.clear()
    jobs = [await worked.take_in(speech) for _ in range(4)]
    async with asyncio.timeout(60):
        while value(found := await fresh(worked), "spool_queue_depth", priority="normal") != 2:
            pass
    assert value(found, "spool_queue_oldest_seconds", priority="normal") > 0
    assert sum(found["spool_jobs_running"].values()) == 2
    worked.engine.reset()
    for job_id in jobs:
        await worked.completed(job_id)


async def test_ends_of_attempts_are_counted_by_how_they_end(worked: Spool, speech: bytes) -> None:
    worked.engine.reset()
    before = await fresh(worked)
    worked.engine.failures = {0: [EngineCrashed("gone"), EngineCrashed("gone")]}
    job = await worked.ended(await worked.take_in(speech))
    worked.engine.reset()
    assert job["dead_letter"] is True
    after = await fresh(worked)
    ended = {
        outcome: value(after, "spool_attempts_total", outcome=outcome)
        - value(before, "spool_attempts_total", outcome=outcome)
        for outcome in ("retried", "dead_letter", "completed")
    }
    assert ended == {"retried": 1, "dead_letter": 1, "completed": 0}
    assert value(after, "spool_dead_letters") == value(before, "spool_dead_letters") + 1


async def test_routes_are_told_as_they_are_written_and_refusals_too(worked: Spool) -> None:
    for path in ("/api/v1/jobs/x", "/api/v1/jobs/y", "/no/such/route", "/nor/this"):
        assert (await worked.http.get(path)).status_code == 404
    assert (await worked.http.request("BREW", "/health")).status_code == 405
    found = (await fresh(worked))["spool_http_requests_total"]
    routes = {dict(labels)["route"] for labels in found}
    assert "/api/v1/jobs/{job_id}" in routes and not {route for route in routes if "x" == route}
    assert {dict(labels)["method"] for labels in found} <= {"GET", "POST", "PUT", "other"}
    unknown = frozenset({"route": "", "method": "GET", "status": "404"}.items())
    assert found[unknown] == 2
    assert found[frozenset({"route": "", "method": "other", "status": "405"}.items())] == 1


async def test_a_search_is_counted_by_the_mode_that_answered(worked: Spool) -> None:
    before = await fresh(worked)
    await worked.http.get("/api/v1/search?q=window&mode=keyword")
    after = await fresh(worked)
    name = "spool_search_seconds_count"
    assert value(after, name, mode="keyword") == value(before, name, mode="keyword") + 1


async def test_a_service_alone_leads(worked: Spool) -> None:
    found = await fresh(worked)
    assert (value(found, "spool_instances"), value(found, "spool_leader")) == (1, 1)


async def test_metrics_take_no_parameters(worked: Spool) -> None:
    error(await worked.http.get("/metrics?name=x"), 422, "request.invalid")


async def test_counters_are_told_though_the_database_fails(
    worked: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> None:
        raise StorageError("the database is gone")

    worked.doors.gauges.__post_init__()
    monkeypatch.setattr(worked.doors.gauges, "census", SimpleNamespace(pending=broken))
    found = await scraped(worked)
    assert "spool_jobs" not in found and "spool_queue_depth" not in found
    assert value(found, "spool_attempts_total", outcome="completed") >= 1
    assert value(found, "spool_intake_open") == 1


async def test_counters_are_told_though_the_database_hangs(
    worked: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, asked = asyncio.Event(), 0

    async def hanging() -> None:
        nonlocal asked
        asked += 1
        await over.wait()
        raise StorageError("gone after all")

    monkeypatch.setattr(gauges, "PATIENCE", 0.01)
    monkeypatch.setattr(worked.doors.gauges, "census", SimpleNamespace(pending=hanging))
    worked.doors.gauges.__post_init__()
    for _ in range(3):
        assert "spool_queue_depth" not in await scraped(worked)
    assert asked == 1
    over.set()


async def test_where_keys_are_required_metrics_want_one_that_may_read(
    tmp_path: Path, model_folder: Path
) -> None:
    async with opened(tmp_path, model_folder, server={"require_keys": True}) as spool:
        error(await spool.http.get("/metrics"), 401, "key.missing")
        _, secret = await spool.doors.keys.create("prometheus", [Scope.READ])
        found = await scraped(spool, Authorization=f"Bearer {secret}")
        assert value(found, "spool_intake_open") == 1
