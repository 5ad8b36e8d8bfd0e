"""What a web page of somebody else may do to a Spool on this machine: nothing."""

import socket

import httpx2
import pytest

from app.bootstrap.gate import gate_of
from app.config import Server
from app.web.gate import Gate
from tests.api.spool import INGEST, Spool, error
from tests.api.test_rate_limits import gated

pytestmark = pytest.mark.asyncio(loop_scope="module")

APP = "https://app.example"
HERE = "http://localhost:8000"
SUBMIT = {"url": "https://example.org/x.mp4"}


async def post(http: httpx2.AsyncClient, **headers: str) -> httpx2.Response:
    """Something that changes a state: replaying what is not there."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await http.post("/api/v1/dead-letters/no-such/replay", headers=named)


# pages elsewhere


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://localhost"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:8000.evil.example"},
        {"Origin": "localhost:8000"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "rubbish"},
        {"Origin": HERE, "Sec_Fetch_Site": "cross-site"},
    ],
)
async def test_a_page_elsewhere_may_change_nothing(spool: Spool, headers: dict[str, str]) -> None:
    answer = await post(spool.http, Host="localhost:8000", **headers)
    error(answer, 403, "request.cross_site")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
@pytest.mark.parametrize("path", [INGEST, "/api/v1/jobs/x", "/process", "/nothing"])
async def test_whatever_the_method_and_the_path(spool: Spool, method: str, path: str) -> None:
    before = await spool.count()
    answer = await spool.http.request(
        method, path, headers={"Origin": "https://evil.example"}, content=b"x"
    )
    error(answer, 403, "request.cross_site")
    assert await spool.count() == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost:8000", "Origin": HERE},
        {"Host": "localhost:8000", "Origin": HERE, "Sec_Fetch_Site": "same-origin"},
        {"Host": "localhost", "Origin": "http://localhost:80"},
        {"Host": "localhost:443", "Origin": "https://localhost"},
        {"Host": "127.0.0.1:8000", "Origin": "http://127.0.0.1:8000"},
        {"Host": "[::1]:8000", "Origin": "http://[::1]:8000"},
        {"Sec_Fetch_Site": "none"},
    ],
)
async def test_our_own_page_and_whoever_is_no_browser_may(
    spool: Spool, headers: dict[str, str]
) -> None:
    error(await post(spool.http, **headers), 404)


async def test_reading_is_not_refused_for_a_page_cannot_see_the_answer(spool: Spool) -> None:
    answer = await spool.http.get("/api/v1/jobs", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]


# pages that are allowed


PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-api-key"}


async def test_a_preflight_is_answered_for_allowed_origins_only(spool: Spool) -> None:
    async with gated(spool.doors, Gate(cors_origins=(APP,), keys_required=True)) as http:
        good = await http.options(INGEST, headers={"Origin": APP, **PREFLIGHT})
        assert good.status_code == 200
        assert good.headers["access-control-allow-origin"] == APP
        assert "PUT" in good.headers["access-control-allow-methods"]
        assert good.headers["access-control-allow-headers"] == "x-api-key"
        assert "access-control-allow-credentials" not in good.headers
        for origin in ("https://evil.example", f"{APP}.evil.example", "null", APP.upper()):
            bad = await http.options(INGEST, headers={"Origin": origin, **PREFLIGHT})
            error(bad, 403, "request.cross_site")
            assert "access-control-allow-origin" not in bad.headers


async def test_by_default_no_preflight_is_answered(spool: Spool) -> None:
    answer = await spool.http.options(INGEST, headers={"Origin": APP, **PREFLIGHT})
    error(answer, 403, "request.cross_site")


async def test_an_allowed_page_may_post_and_read_the_answer_also_a_refusal(spool: Spool) -> None:
    async with gated(spool.doors, Gate(cors_origins=(APP,))) as http:
        answer = await post(http, Origin=APP, Sec_Fetch_Site="cross-site")
        error(answer, 404)
        assert answer.headers["access-control-allow-origin"] == APP
    async with gated(spool.doors, Gate(cors_origins=(APP,), keys_required=True)) as http:
        answer = await post(http, Origin=APP)
        error(answer, 401, "key.missing")
        assert answer.headers["access-control-allow-origin"] == APP


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": APP, "Access-Control-Request-Method": "BREW"},
        {"Origin": APP, "Access-Control-Request-Method": "TRACE"},
        {"Origin": APP, "Access-Control-Request-Method": ""},
        {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "none", **PREFLIGHT},
        {"Origin": "http://localhost", "Host": "localhost", **PREFLIGHT},
    ],
)
@pytest.mark.parametrize("path", [INGEST, "/v1/models"])
async def test_a_preflight_is_refused_in_the_one_shape(
    spool: Spool, headers: dict[str, str], path: str
) -> None:
    async with gated(spool.doors, Gate(cors_origins=(APP,))) as http:
        error(await http.options(path, headers=headers), 403, "request.cross_site")


async def test_an_allowed_page_of_the_internet_may_call_into_this_network(spool: Spool) -> None:
    asked = {"Origin": APP, "Access-Control-Request-Private-Network": "true", **PREFLIGHT}
    async with gated(spool.doors, Gate(cors_origins=(APP,))) as http:
        answer = await http.options(INGEST, headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-private-network"] == "true"


# what every answer says


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[("GET", path) for path in ("/health", "/docs", "/docs/docs.js", "/nothing")],
        *[("HEAD", "/openapi.json"), ("POST", "/health"), ("POST", INGEST), ("GET", "/v1/x")],
        ("OPTIONS", INGEST),
    ],
)
async def test_every_answer_is_what_it_says_and_for_our_own_pages(
    spool: Spool, method: str, path: str
) -> None:
    async with gated(spool.doors, Gate(cors_origins=(APP,))) as http:
        for headers, whose in (
            ({}, "same-origin"),
            ({"Origin": "https://evil.example"}, "same-origin"),
            ({"Host": "evil.example"}, "same-origin"),
            ({"Origin": APP}, "cross-origin"),
        ):
            answer = await http.request(method, path, headers=headers)
            assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
            assert answer.headers.get_list("cross-origin-resource-policy") == [whose]
            [policy] = answer.headers.get_list("content-security-policy")
            assert "default-src 'none'" in policy
            assert answer.headers.get_list("referrer-policy") == ["no-referrer"]


async def test_an_answer_that_is_kept_goes_on_with_the_policy_that_it_came_with(
    spool: Spool,
) -> None:
    page = await spool.http.get("/")
    headers = {"If-None-Match": page.headers["etag"]}
    answer = await spool.http.get("/", headers=headers)
    assert answer.status_code == 304
    told = answer.headers.get("content-security-policy", page.headers["content-security-policy"])
    assert told == page.headers["content-security-policy"]
    docs = await spool.http.get("/docs/docs.js")
    headers = {"If-None-Match": docs.headers["etag"]}
    answer = await spool.http.get("/docs/docs.js", headers=headers)
    assert answer.status_code == 304 and "content-security-policy" not in answer.headers


# proxies


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
@pytest.mark.parametrize("path", ["/api/v1/keys", "/health", "/v1/models", "/nothing"])
async def test_what_a_proxy_passes_on_is_refused_while_keys_are_off_by_default(
    spool: Spool, name: str, path: str
) -> None:
    answer = await spool.http.get(path, headers={name: "203.0.113.9"})
    error(answer, 403, "request.proxied")
    assert "require_keys" in answer.text


async def test_a_proxy_may_pass_on_what_comes_with_a_key_or_where_none_is_wanted(
    spool: Spool,
) -> None:
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    async with gated(spool.doors, gate_of(Server(require_keys=True))) as http:
        error(await http.get("/api/v1/jobs", headers=proxied), 401, "key.missing")
    async with gated(spool.doors, gate_of(Server(require_keys=False))) as http:
        assert (await http.get("/api/v1/jobs", headers=proxied)).status_code == 200


# names that point here


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8000",
        "EVIL.EXAMPLE",
        "evil.example.",
        "[::1",
        "a b.example",
    ],
)
async def test_a_foreign_name_that_points_here_is_refused(spool: Spool, host: str) -> None:
    answer = await spool.http.get("/api/v1/jobs", headers={"Host": host})
    error(answer, 421, "request.host")


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:8000", "spool.localhost:8000", "127.0.0.1:8000", "[::1]:8000"),
        *("192.168.1.5:8000", "203.0.113.9", "[2001:db8::1]:80"),
        *(f"{socket.gethostname()}:8000", socket.gethostname().upper()),
    ],
)
async def test_addresses_and_names_that_nobody_else_can_own_are_ours(
    spool: Spool, host: str
) -> None:
    assert (await spool.http.get("/api/v1/jobs", headers={"Host": host})).status_code == 200


NEIGHBOURS = ["spool:8000", "mybox", "mybox.local:8000", "spool.internal", "nas.home.arpa."]


@pytest.mark.parametrize("host", NEIGHBOURS)
async def test_a_name_that_a_neighbour_can_take_is_not_ours_where_only_this_machine_comes(
    spool: Spool, host: str
) -> None:
    error(await spool.http.get("/api/v1/jobs", headers={"Host": host}), 421, "request.host")


@pytest.mark.parametrize("host", NEIGHBOURS)
async def test_in_a_network_the_names_of_that_network_are_ours(spool: Spool, host: str) -> None:
    async with gated(spool.doors, Gate(neighbours_names=True)) as http:
        assert (await http.get("/api/v1/jobs", headers={"Host": host})).status_code == 200
        bad = await http.get("/api/v1/jobs", headers={"Host": "evil.example"})
        error(bad, 421, "request.host")


@pytest.mark.parametrize(
    ("gate", "good", "bad"),
    [
        (Gate(allowed_hosts=("Spool.example",)), "spool.example:443", "evil.example"),
        (Gate(allowed_hosts=("*",)), "anything.example", None),
        (Gate(keys_required=True), "anything.example", None),
        (
            Gate(keys_required=True, allowed_hosts=("spool.example",)),
            "spool.example",
            "evil.example",
        ),
    ],
)
async def test_names_can_be_allowed_and_with_keys_any_will_do(
    spool: Spool, gate: Gate, good: str, bad: str | None
) -> None:
    async with gated(spool.doors, gate) as http:
        assert (await http.get("/health", headers={"Host": good})).status_code == 200
        if bad is not None:
            error(await http.get("/health", headers={"Host": bad}), 421, "request.host")
