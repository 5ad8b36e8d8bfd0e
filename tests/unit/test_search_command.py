"""`spool search`: what is asked, and how it is shown; the service answers from a script."""

import base64
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.unit.typed import Spool

MOMENT: dict[str, Any] = {
    "asset_id": "a",
    "media_type": "video",
    "title": "Friday [red]",
    "text": "Somebody stole the crown & jewels.",
    "snippet": "Somebody <mark>stole</mark> the crown &amp; jewels.",
    "start": 4.4,
    "end": 65.0,
    "score": 0.1,
    "why": ["semantic", "keyword"],
    "url": "/watch/a?t=4.4",
}
LATER = MOMENT | {
    "start": 70.0,
    "end": 71.0,
    "snippet": "",
    "text": "Again.",
    "url": "/watch/a?t=70",
}
PAGE = {
    "hits": [MOMENT | {"moments": [LATER], "more": 3}],
    "mode": "hybrid",
    "notice": None,
    "cursor": None,
}


@pytest.fixture
def service(httpserver: HTTPServer) -> HTTPServer:
    httpserver.expect_request("/api/v1/search", method="POST").respond_with_json(PAGE)
    return httpserver


def asked(server: HTTPServer) -> Any:
    return server.log[-1][0].get_json()


def test_into_a_pipe_each_moment_is_a_line_with_its_link(spool: Spool, service: HTTPServer) -> None:
    at = service.url_for("").rstrip("/")
    first, second = spool("search", "theft").out.splitlines()
    assert first.split("\t") == [
        "0:04-1:05",
        "Friday [red]",
        "Somebody stole the crown & jewels.",
        "semantic,keyword",
        f"{at}/watch/a?t=4.4",
    ]
    assert second.split("\t")[0] == "1:10-1:11" and second.endswith(f"\t{at}/watch/a?t=70")
    assert asked(service) == {"q": "theft", "mode": "hybrid", "limit": 10}


def test_each_moment_may_be_a_hit_of_its_own(spool: Spool, service: HTTPServer) -> None:
    spool("search", "theft", "--no-group")
    assert asked(service)["group"] is False


def test_on_a_terminal_what_matched_stands_out_and_titles_are_links(
    terminal: Spool, service: HTTPServer
) -> None:
    said = terminal("search", "theft").out
    at = service.url_for("").rstrip("/")
    assert "\x1b[1;33mstole\x1b[0m" in said and "Friday [red]" in said
    assert f"{at}/watch/a?t=4.4\x1b\\" in said, "an address that a terminal opens"
    assert f"  {at}/watch/a?t=4.4" in said.replace("\x1b[2m", ""), "and one to copy"
    assert "and 3 more of it" in said and "1:10" in said


def test_an_address_elsewhere_is_left_as_it_is(spool: Spool, httpserver: HTTPServer) -> None:
    hit = MOMENT | {"url": "https://example.org/x", "media_type": "text"}
    found = httpserver.expect_request("/api/v1/search")
    found.respond_with_json(PAGE | {"hits": [hit]})
    [line] = spool("search", "theft").out.splitlines()
    assert line.split("\t")[0] == "" and line.endswith("\thttps://example.org/x")


def test_all_filters_are_asked_for(spool: Spool, service: HTTPServer) -> None:
    spool(
        *("search", "theft", "--mode", "keyword", "--media-type", "keyframe", "--limit", "3"),
        *("--label", "news", "--label", "2026, friday", "--asset", "a", "--cursor", "c"),
        *("--from", "2026-11-01", "--to", "2026-11-21T10:00:00+01:00"),
    )
    assert asked(service) == {
        "q": "theft",
        "mode": "keyword",
        "media_type": "keyframe",
        "asset_id": "a",
        "labels": ["news", "2026", "friday"],
        "from": "2026-11-01T00:00:00+00:00",
        "to": "2026-11-21T10:00:00+01:00",
        "limit": 3,
        "cursor": "c",
    }


def test_a_picture_is_looked_for(spool: Spool, service: HTTPServer, tmp_path: Path) -> None:
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(b"\xff\xd8 light")
    spool("search", "--image", picture)
    sent = asked(service)
    assert base64.b64decode(sent.pop("image")) == b"\xff\xd8 light"
    assert sent == {"mode": "hybrid", "limit": 10}


def test_a_picture_that_is_not_there_is_wrong_usage(
    spool: Spool, service: HTTPServer, tmp_path: Path
) -> None:
    done = spool("search", "--image", tmp_path / "none.jpg")
    assert done.status == 2 and "none.jpg" in done.err and service.log == []


def test_a_notice_is_said_beside_the_hits(spool: Spool, httpserver: HTTPServer) -> None:
    found = httpserver.expect_request("/api/v1/search")
    found.respond_with_json(PAGE | {"hits": [], "notice": "by keyword only"})
    done = spool("search", "theft")
    assert (done.status, done.out, done.err) == (0, "", "spool: by keyword only\n")


def test_json_is_the_answer(spool: Spool, service: HTTPServer) -> None:
    assert spool("search", "theft", "--json").document() == PAGE
