"""`spool keys`: at the database while no service runs, at the service while one does."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from loguru import logger
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result

from app.adapters.folder_lock import held
from app.bootstrap.keys import open_keys
from app.cli.keys import keys
from app.config import load_settings
from app.domain.errors import InvalidRequest, NotFound, SpoolError
from app.domain.keys import ApiKey, Scope
from app.domain.quotas import MOST_BYTES, MOST_JOBS, Quota

KEY = {"key_id": "k-1", "name": "[red]", "scopes": ["admin"], "secret": "spool_secret"}


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APP__STORAGE__DATA_DIR", str(tmp_path / "data"))
    for name in ("SPOOL_SERVER", "SPOOL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def log() -> None:
    """The command sets the log up for itself; each test begins with none."""
    logger.remove()


def run(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(keys, [*arguments], env={"COLUMNS": "120", **environment})


def good(*arguments: str, **environment: str) -> str:
    done = run(*arguments, **environment)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def test_the_first_key_is_made_before_the_first_start(data: Path) -> None:
    secret = good("create", "--name", "admin", "--scope", "admin").strip()
    assert secret.startswith("spool_") and len(secret.split()) == 1
    assert str(data) in run("create", "--name", "other", "--scope", "read").stderr
    listed = good("list")
    assert "admin" in listed and "stands" in listed and secret not in listed


def test_the_service_knows_it_then(data: Path) -> None:
    secret = good("create", "--name", "x", "--scope", "read", "--scope", "ingest", "--days", "1")
    key = asyncio.run(verified(secret.strip()))
    assert key.scopes == {Scope.READ, Scope.INGEST} and key.expires_at is not None


async def verified(secret: str) -> ApiKey:
    async with open_keys(load_settings()) as service:
        try:
            return await service.verify(secret)
        finally:
            await service.settle()


def test_a_key_has_the_quota_that_it_is_made_with(data: Path) -> None:
    told = ("--quota-jobs", "100", "--quota-bytes", "10000000000")
    secret = good("create", "--name", "x", "--scope", "ingest", *told)
    assert asyncio.run(verified(secret.strip())).quota == Quota(jobs=100, bytes=10**10)
    assert run("create", "--name", "x", "--scope", "read", "--quota-jobs", "-1").exit_code == 2
    [listed] = json.loads(good("list", "--json"))
    assert (listed["quota_jobs"], listed["quota_bytes"]) == (100, 10**10)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ((), "usual"),
        (("--quota-jobs", "7", "--quota-bytes", "0"), "7 jobs, any bytes"),
        (("--quota-bytes", "9"), "9 bytes"),
    ],
)
def test_keys_are_listed_with_their_quotas(data: Path, told: tuple[str, ...], shown: str) -> None:
    made(*told)
    assert good("list").rstrip("\n").endswith(f"\t{shown}")


def test_a_service_is_told_the_quota_of_a_key(data: Path, httpserver: HTTPServer) -> None:
    asked = {"name": "x", "scopes": ["read"], "quota_bytes": 0}
    httpserver.expect_request("/api/v1/keys", method="POST", json=asked).respond_with_json(
        KEY, status=201
    )
    create = ("create", "--name", "x", "--scope", "read", "--quota-bytes", "0")
    assert good(*create, SPOOL_SERVER=httpserver.url_for("").rstrip("/")) == "spool_secret\n"


def made(*told: str) -> str:
    """The id of the only key there is."""
    good("create", "--name", "x", "--scope", "ingest", *told)
    [key] = json.loads(good("list", "--json"))
    return str(key["key_id"])


def test_a_key_is_given_another_quota(data: Path) -> None:
    key_id = made("--quota-jobs", "100", "--quota-bytes", "10")
    assert good("edit", key_id, "--quota-jobs", "0") == (
        f"{key_id} may keep any number of jobs and 10 bytes\n"
    )
    told = good("edit", key_id, "--quota-jobs", "7", "--quota-bytes", "usual")
    assert told == f"{key_id} may keep 7 jobs and the usual number of bytes\n"
    changed = json.loads(good("edit", key_id, "--quota-bytes", str(MOST_BYTES), "--json"))
    assert (changed["quota_jobs"], changed["quota_bytes"]) == (7, MOST_BYTES)
    assert [changed] == json.loads(good("list", "--json"))
    assert isinstance(run("edit", "no-such", "--quota-jobs", "1").exception, NotFound)


def test_a_service_is_told_only_what_changes(httpserver: HTTPServer) -> None:
    """The other quota used to go back to what is usual."""
    httpserver.expect_request(
        "/api/v1/keys/k-1", method="PATCH", json={"quota_jobs": None}
    ).respond_with_json(KEY | {"quota_bytes": 5})
    edit = ("edit", "k-1", "--quota-jobs", "usual")
    told = good(*edit, SPOOL_SERVER=httpserver.url_for("").rstrip("/"))
    assert told == "k-1 may keep the usual number of jobs and 5 bytes\n"


@pytest.mark.parametrize(
    "said", ["-1", "many", "", "1.5", "²", "1e3", str(MOST_JOBS + 1), "9" * 99]
)
def test_a_quota_that_is_no_number_is_refused(said: str) -> None:
    done = run("edit", "k-1", f"--quota-jobs={said}")
    assert done.exit_code == 2 and "--quota-jobs" in done.output


def test_who_names_nothing_that_changes_is_told_so() -> None:
    assert isinstance(run("edit", "k-1").exception, InvalidRequest)


def test_a_key_is_revoked_by_its_id(data: Path) -> None:
    good("create", "--name", "x", "--scope", "read")
    [key_id] = [word for word in good("list").split() if len(word) == 36]
    assert good("revoke", key_id) == f"{key_id} revoked\n"
    assert "revoked" in good("list")
    assert isinstance(run("revoke", "no-such").exception, NotFound)


@pytest.mark.parametrize(
    "arguments",
    [("create", "--name", "x"), ("create", "--name", "x", "--scope", "root"), ("revoke",)],
)
def test_what_is_missing_or_wrong_is_said(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("days", ["-1", "4000000", "1e300", "inf", "nan"])
def test_a_time_that_no_key_lasts_is_refused(days: str) -> None:
    done = run("create", "--name", "x", "--scope", "read", "--days", days)
    assert done.exit_code == 2 and "--days" in done.output


def test_a_name_that_is_none_is_refused() -> None:
    done = run("create", "--name", "", "--scope", "read")
    assert isinstance(done.exception, InvalidRequest)


def test_while_a_service_has_the_folder_it_is_asked(
    data: Path, httpserver: HTTPServer, unused_port: int
) -> None:
    with held(data):
        done = run("list", APP__SERVER__PORT=str(unused_port))
    assert isinstance(done.exception, SpoolError)
    assert str(unused_port) in str(done.exception)
    assert not (data / "spool.db").exists()


def test_a_service_that_is_named_is_asked_with_the_key(data: Path, httpserver: HTTPServer) -> None:
    server = httpserver.url_for("").rstrip("/")
    headers = {"Authorization": "Bearer mine"}
    asked = {"name": "[red]", "scopes": ["admin", "read"]}
    httpserver.expect_request(
        "/api/v1/keys", method="POST", headers=headers, json=asked
    ).respond_with_json(KEY, status=201)
    httpserver.expect_request("/api/v1/keys", method="GET", headers=headers).respond_with_json(
        {"keys": [KEY | {"last_used_at": "2026-11-21T00:00:00+00:00", "quota_jobs": 7}]}
    )
    gone = httpserver.expect_request("/api/v1/keys/k-1", method="DELETE", headers=headers)
    gone.respond_with_data("", status=204)
    environment = {"SPOOL_SERVER": server, "SPOOL_API_KEY": "mine"}
    create = ("create", "--name", "[red]", "--scope", "read", "--scope", "admin")
    assert good(*create, **environment) == "spool_secret\n"
    listed = good("list", **environment)
    assert "[red]" in listed and "2026-11-21" in listed
    [document] = json.loads(good("list", "--json", **environment))
    assert (document["quota_jobs"], document["quota_bytes"]) == (7, None)
    assert good("revoke", "k-1", **environment) == "k-1 revoked\n"
    assert not data.exists()


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Other tests read what is logged to standard error."""
    yield
    logger.remove()
    logger.add(sys.stderr)
