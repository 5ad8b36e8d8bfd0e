"""One shape of error over every surface and method, and nothing that a client sends is a 500."""

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loguru import logger
from starlette.requests import Request

from app.agents.door import AgentDoor
from app.domain import errors
from app.domain.jobs import Job, JobOptions
from app.domain.metrics import UNCOUNTED
from app.services.arriving import ArrivingEmbedder, ArrivingIndex
from app.services.assets import AssetService
from app.services.engines import EngineShelf
from app.services.estimates import Estimates
from app.services.figures import IngestionFigures
from app.services.follow import JobFollower
from app.services.gauges import Gauges
from app.services.guide import Guide
from app.services.health import Health
from app.services.index_care import IndexCare
from app.services.intake import Intake, Upload
from app.services.jobs import JobService
from app.services.keys import KeyService
from app.services.media import AssetMedia
from app.services.news import NewsService
from app.services.readiness import Readiness
from app.services.records import RecordService
from app.services.retention import Retention
from app.services.search import SearchService
from app.services.shares import ShareService
from app.services.site_sync import SiteSync
from app.services.sweep import FileSweep
from app.services.traffic import Traffic
from app.services.uploads import UploadService
from app.services.webhooks import WebhookService
from app.web.app import routes
from app.web.doors import Doors
from app.web.errors import STATUS, on_spool_error
from app.web.gate import Gate
from tests.api.spool import INGEST, Spool, calling, error

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEARCH, DEFAULT = "/api/v1/search", "/api/v1/engines/default"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
UNKNOWN = {
    "{job_id}": "no-such-job",
    "{delivery_id}": "no-such-delivery",
    "{share_id}": "no-such-share",
    "{token}": "no-such-token",
    "{asset_id:asset}": "no-such-asset",
    "{asset_id:path}": "no-such-asset",
}
SURFACES = sorted(
    {"/".join(UNKNOWN.get(part, part) for part in route.path.split("/")) for route in routes()}
)
#: Without one that goes on for as long as it is asked well.
ENDING = [surface for surface in SURFACES if surface != "/api/debug-ingestion"]


def _has_get(surface: str) -> bool:
    """An upload answers HEAD, and no GET."""
    return not surface.startswith("/api/v1/uploads/")


FEW = settings(
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    "path url language task provider model prompt word_timestamps title labels asset_id q mode "
    "media_type limit cursor status wait format filename".split()
) | st.text(max_size=8)
queries = st.lists(st.tuples(keys, st.text(max_size=30)), max_size=4)


def planned(answer: httpx2.Response) -> None:
    """Whatever it is, it is no fault of the service, and errors have the one shape."""
    assert answer.status_code < 500, (answer.request.url, answer.text)
    if answer.status_code >= 400:
        error(answer, answer.status_code)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("surface", SURFACES)
async def test_every_surface_and_method_has_one_shape_of_error(
    spool: Spool, surface: str, method: str
) -> None:
    answer = await spool.http.request(method, f"{surface}?no-such-parameter=1")
    if answer.status_code == 405:
        assert error(answer, 405, "route.method_not_allowed")["message"].endswith(surface)
        assert answer.headers["allow"]
    elif answer.status_code != 200 or surface != "/health":
        error(answer, answer.status_code)
        assert answer.status_code in (404, 400 if surface.startswith("/v1/") else 422)


@pytest.mark.parametrize("path", ["/nothing", *filter(_has_get, SURFACES)])
async def test_head_is_get_without_the_body(spool: Spool, path: str) -> None:
    url = f"{path}?no-such-parameter=1"
    whole, head = await spool.http.get(url), await spool.http.head(url)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-type"] == whole.headers["content-type"] == "application/json"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "path",
    ["/nothing", "/api", "/api/v1", "/api/v2/ingest", "/api/v1/jobs/a/b/c", "/%2e%2e/health"],
)
async def test_what_is_not_there_has_the_same_shape(spool: Spool, path: str, method: str) -> None:
    error(await spool.http.request(method, path), 404, "route.not_found")


async def test_a_path_of_any_characters_is_a_planned_answer(spool: Spool) -> None:
    for path in ("/%00", "/%ff", "//", "/api/v1/jobs/%0d%0aX:%20y", "/" + "x" * 20_000, "/a b"):
        planned(await spool.http.get(path))


@FEW
@given(pairs=queries, surface=st.sampled_from(ENDING), method=st.sampled_from(["GET", "POST"]))
async def test_no_query_is_a_fault(
    spool: Spool, pairs: list[tuple[str, str]], surface: str, method: str
) -> None:
    clean = [(name, value.encode(errors="replace").decode()) for name, value in pairs]
    clean = [(name.encode(errors="replace").decode(), value) for name, value in clean]
    clean = [(name, value) for name, value in clean if name != "wait"]
    planned(await spool.http.request(method, surface, params=cast(Any, clean)))


@FEW
@given(raw=st.binary(max_size=60), surface=st.sampled_from(ENDING))
async def test_no_raw_query_is_a_fault(spool: Spool, raw: bytes, surface: str) -> None:
    """As bytes on the wire, percent signs and all."""
    quoted = "".join(chr(byte) if 33 <= byte < 127 and byte != 35 else "%" for byte in raw)
    url = httpx2.URL(f"http://localhost{surface}").copy_with(query=quoted.encode())
    planned(await spool.http.get(url))


@FEW
@given(
    body=st.dictionaries(keys, any_json, max_size=5) | any_json,
    surface=st.sampled_from([INGEST, "/api/v1/search"]),
)
async def test_no_json_is_a_fault(spool: Spool, body: object, surface: str) -> None:
    text = json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    planned(await spool.http.post(surface, content=text, headers=headers))


@FEW
@given(
    body=st.binary(max_size=200),
    kind=st.sampled_from(
        [
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=b",
            "multipart/form-data",
            "text/plain",
            "",
            ";",
        ]
    ),
    begins=st.sampled_from([b"", b"--b\r\nContent-Disposition: form-data; name=", b"{"]),
)
async def test_no_body_is_a_fault(spool: Spool, body: bytes, kind: str, begins: bytes) -> None:
    headers = {"Content-Type": kind}
    planned(await spool.http.post(INGEST, content=begins + body, headers=headers))


@FEW
@given(kind=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
async def test_no_content_type_is_a_fault(spool: Spool, kind: str) -> None:
    headers = {b"Content-Type": kind.encode("latin-1")}
    planned(await spool.http.post(INGEST, content=b"x", headers=headers))


# what is the service's own


class Failing:
    """Doors behind which everything fails in the same way."""

    def __init__(self, trouble: Exception) -> None:
        self._trouble = trouble

    def make_room(self, size: int) -> None:
        """There is enough."""

    async def checked(self, options: JobOptions) -> JobOptions:
        return options

    async def receive(
        self, filename: str, chunks: AsyncIterator[bytes], *, key: str | None = None
    ) -> Upload:
        raise self._trouble

    async def check_quota(self, size: int = 0, key: str | None = None) -> None:
        """There is none."""

    async def report(self) -> dict[str, Any]:
        raise self._trouble

    async def get(self, job_id: str) -> Job:
        raise self._trouble


def failing(trouble: Exception) -> Doors:
    stub = Failing(trouble)
    return Doors(
        intake=cast(Intake, stub),
        jobs=cast(JobService, stub),
        retention=cast(Retention, stub),
        sweep=cast(FileSweep, stub),
        follower=cast(JobFollower, stub),
        engines=cast(EngineShelf, stub),
        estimates=cast(Estimates, stub),
        send_away=lambda: None,
        webhooks=cast(WebhookService, stub),
        uploads=cast(UploadService, stub),
        search=SearchService(ArrivingIndex("index"), ArrivingEmbedder("embedder")),
        records=cast(RecordService, stub),
        index_care=cast(IndexCare, stub),
        health=cast(Health, stub),
        readiness=cast(Readiness, stub),
        gauges=cast(Gauges, stub),
        traffic=Traffic(meter=UNCOUNTED),
        assets=cast(AssetService, stub),
        media=cast(AssetMedia, stub),
        site=cast(SiteSync, stub),
        figures=cast(IngestionFigures, stub),
        keys=cast(KeyService, stub),
        shares=cast(ShareService, stub),
        news=cast(NewsService, stub),
        guide=cast(Guide, stub),
        gate=Gate(),
        max_file_size=1000,
        agents=AgentDoor(),
    )


KEY = "spool_" + "J0_9pTxy" * 5 + "aB3"


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", f"/api/v1/jobs/{KEY}", {}),
        ("GET", f"/api/v1/jobs?{KEY}=1", {}),
        ("GET", f"/nowhere/{KEY}", {}),
        ("BREW" + KEY, "/api/v1/jobs", {}),
        ("POST", SEARCH, {"json": {"query": "x", KEY: 1}}),
        ("POST", SEARCH, {"json": {"query": "x", "x" * 80 + KEY: 1}}),
        ("POST", INGEST, {"data": {KEY: "1"}, "files": {"file": b"x"}}),
    ],
)
async def test_no_error_repeats_a_key_that_stood_in_a_wrong_place(
    spool: Spool, method: str, path: str, sent: dict[str, Any]
) -> None:
    answer = await spool.http.request(method, path, **sent)
    assert answer.status_code in (404, 405, 422)
    assert KEY[6:20] not in answer.text


async def test_a_fault_of_the_service_tells_nothing_of_its_inside() -> None:
    async with calling(failing(ZeroDivisionError("secret"))) as (_, http):
        for answer in (await http.get("/health"), await http.post(INGEST, content=b"x")):
            error(answer, 500, "internal")
            assert "secret" not in answer.text


#: By what is sent: JSON can name half a character, and UTF-8 cannot write it.
HALVES = {
    "a name given twice": ("POST", SEARCH, b'{"\\ud800": 1, "\\ud800": 2}'),
    "a name inside given twice": ("PUT", DEFAULT, b'{"provider": {"\\udfff": 1, "\\udfff": 2}}'),
    "an unknown name": ("POST", SEARCH, b'{"q": "x", "\\udc00\\ud800": 1}'),
    "a text": ("POST", SEARCH, b'{"q": "\\ud800"}'),
    "a time": ("POST", SEARCH, b'{"q": "x", "from": "\\ud800"}'),
    "a cursor": ("POST", SEARCH, b'{"q": "x", "cursor": "\\ud800"}'),
    "a path": ("POST", INGEST, b'{"path": "/\\ud800"}'),
    "a URL": ("POST", INGEST, b'{"url": "http://\\ud800"}'),
    "a label": ("POST", INGEST, b'{"path": "/x", "labels": ["\\ud800"]}'),
    "labels in one text": ("POST", INGEST, b'{"path": "/x", "labels": "\\ud800,a"}'),
    "an engine": ("PUT", DEFAULT, b'{"provider": "\\ud800", "model": "x"}'),
    "a key": ("POST", "/api/v1/keys", b'{"name": "\\ud800", "scopes": ["\\ud800"]}'),
}


@pytest.mark.parametrize("sent", HALVES)
async def test_half_a_character_in_json_is_refused(spool: Spool, sent: str) -> None:
    method, path, body = HALVES[sent]
    headers = {"Content-Type": "application/json"}
    answer = await spool.http.request(method, path, content=body, headers=headers)
    error(answer, 422, "request.invalid")


@pytest.mark.parametrize(("path", "status"), [("/api/v1/jobs", 422), ("/v1/models", 400)])
async def test_whatever_an_error_repeats_can_be_answered(path: str, status: int) -> None:
    trouble = errors.InvalidRequest("title: \ud800 is no \udfff", hint="not \udc00")
    call = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
    answer = await on_spool_error(Request(call), trouble)
    assert answer.status_code == status
    assert json.loads(bytes(answer.body))["error"]["message"].startswith("title: ? is no ?")


@pytest.mark.parametrize("trouble", [errors.StorageFull("full"), ZeroDivisionError()])
async def test_an_address_with_control_characters_does_not_spoil_the_log(
    trouble: Exception,
) -> None:
    told: list[str] = []
    sink = logger.add(told.append, format="{message}")
    try:
        async with calling(failing(trouble)) as (_, http):
            answer = await http.get("/status/%1b[2J%0d%0aERROR%20forged" + "x" * 1000)
        assert answer.status_code >= 500
    finally:
        logger.remove(sink)
    first = told[0].splitlines()[0]
    assert "\x1b" not in "".join(told)
    assert "forged" in first and len(first) < 300


@pytest.mark.parametrize(
    ("trouble", "level"),
    [(errors.StillLoading("index"), "INFO"), (errors.Unavailable("gone"), "ERROR")],
)
async def test_what_still_loads_after_a_start_is_no_error_in_the_log(
    trouble: errors.SpoolError, level: str
) -> None:
    told: list[str] = []
    sink = logger.add(told.append, format="{level} {message}")
    try:
        async with calling(failing(trouble)) as (_, http):
            error(await http.get("/status/x"), 503, "service.unavailable")
    finally:
        logger.remove(sink)
    assert [line.split()[0] for line in told if trouble.message in line] == [level]


async def test_a_full_disk_is_told_as_such_and_when_to_come_back() -> None:
    full = errors.StorageFull("the disk is full")
    async with calling(failing(full)) as (_, http):
        answer = await http.post(INGEST, content=b"x")
        error(answer, 507, "storage.full")
        assert int(answer.headers["retry-after"]) > 0


async def test_search_says_when_to_come_back_while_the_index_loads() -> None:
    async with calling(failing(ValueError())) as (_, http):
        answer = await http.get("/api/v1/search?q=x")
        error(answer, 503, "service.unavailable")
        assert int(answer.headers["retry-after"]) > 0


def all_errors(root: type[errors.SpoolError] = errors.SpoolError) -> list[type[errors.SpoolError]]:
    children = [each for each in root.__subclasses__() if each.__module__ == errors.__name__]
    return [*children, *(grand for child in children for grand in all_errors(child))]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
async def test_every_planned_error_has_a_status_and_the_shape(
    kind: type[errors.SpoolError],
) -> None:
    trouble = kind("what happened", hint="what to do")
    async with calling(failing(trouble)) as (_, http):
        answer = await http.get("/api/v1/jobs/some-job/result")
        found = error(answer, answer.status_code, kind.code)
    assert found == {
        "code": kind.code,
        "message": "what happened",
        "hint": "what to do",
        "job_id": "some-job",
    }
    expected = next((STATUS[each] for each in kind.__mro__ if each in STATUS), 500)
    assert answer.status_code == expected
    assert (expected == 500) == (kind is errors.ConfigError)
