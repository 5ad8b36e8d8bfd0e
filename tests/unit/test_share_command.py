"""`spool share`: the service answers from a script."""

import pytest
from pytest_httpserver import HTTPServer

from tests.unit.typed import Spool, refusal

ID = "8a3115af-c2de-4742-a779-7b2a71c34911"
SHARES = "/api/v1/shares"
SHARE = {
    "share_id": ID,
    "asset_id": "talks/newton",
    "created_at": "2026-11-21T09:16:33.403544+00:00",
    "expires_at": "2026-11-28T09:16:33.403544+00:00",
}
MADE = SHARE | {"url": "/shared/token"}
ROW = f"{ID}\t2026-11-28T09:16:33+00:00\ttalks/newton\n"


def test_a_link_is_made_and_goes_alone_to_standard_output(
    spool: Spool, httpserver: HTTPServer
) -> None:
    asked = httpserver.expect_request(SHARES, method="POST", json={"asset_id": "talks/newton"})
    asked.respond_with_json(MADE, status=201)
    done = spool("share", "talks/newton")
    assert (done.status, done.out) == (0, httpserver.url_for("/shared/token") + "\n")
    assert "until 2026-11-28T09:16:33+00:00" in done.err and f"--revoke {ID}" in done.err


def test_a_service_behind_a_path_is_linked_to_there(spool: Spool, httpserver: HTTPServer) -> None:
    """The link lost the path."""
    asked = httpserver.expect_request(f"/spool{SHARES}", method="POST")
    asked.respond_with_json(MADE, status=201)
    done = spool("share", "x", "--server", httpserver.url_for("/spool"))
    assert done.out == httpserver.url_for("/spool/shared/token") + "\n"


@pytest.mark.parametrize(
    ("days", "seconds"),
    [("1", 86400), ("0.5", 43200), ("365", 31536000), ("0.000001", 1)],
)
def test_it_stands_for_so_many_days(
    spool: Spool, httpserver: HTTPServer, days: str, seconds: int
) -> None:
    said = {"asset_id": "x", "expires_in": seconds}
    asked = httpserver.expect_request(SHARES, method="POST", json=said)
    asked.respond_with_json(MADE, status=201)
    done = spool("share", "x", "--days", days, "--json")
    assert done.document() == MADE | {"url": httpserver.url_for("/shared/token")}


def test_links_are_listed_all_or_of_one_asset(spool: Spool, httpserver: HTTPServer) -> None:
    one = httpserver.expect_request(SHARES, query_string={"asset_id": "talks/newton"})
    one.respond_with_json({"shares": [SHARE]})
    every = httpserver.expect_request(SHARES, query_string={})
    every.respond_with_json({"shares": [SHARE, SHARE]})
    assert spool("share", "talks/newton", "--list").out == ROW
    assert spool("share", "--list").out == ROW * 2
    assert spool("share", "--list", "--json").document() == [SHARE, SHARE]


def test_a_link_is_revoked_by_its_id(spool: Spool, httpserver: HTTPServer) -> None:
    gone = httpserver.expect_request(f"{SHARES}/{ID}", method="DELETE")
    gone.respond_with_data("", status=204)
    assert spool("share", "--revoke", ID).out == f"{ID} revoked\n"
    told = spool("share", "--revoke", ID, "--json").document()
    assert told == {"share_id": ID, "state": "revoked"}


def test_what_cannot_be_shared_is_said_in_the_words_of_the_service(
    spool: Spool, httpserver: HTTPServer
) -> None:
    said = refusal(409, "share.no_transcript")
    httpserver.expect_request(SHARES, method="POST").respond_with_response(said)
    done = spool("share", "x")
    assert (done.status, done.out) == (1, "")
    assert done.err == "spool: refused: share.no_transcript\n"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("",),
        ("--revoke", ""),
        ("x", "--revoke", ID),
        ("--list", "--revoke", ID),
        ("--list", "--days", "1"),
        ("--revoke", ID, "--days", "1"),
        ("x", "--days", "0"),
        ("x", "--days", "-1"),
        ("x", "--days", "366"),
        ("x", "--days", "nan"),
        ("x", "--days", "inf"),
    ],
)
def test_what_is_not_clear_is_wrong_usage_and_asks_nothing(
    spool: Spool, httpserver: HTTPServer, words: tuple[str, ...]
) -> None:
    done = spool("share", *words)
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("spool: ")
    assert httpserver.log == []
