"""`spool assets`, `spool stats`, `spool engines`: the service answers from a script."""

import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.unit.typed import Spool, refusal

ASSET: dict[str, Any] = {
    "asset_id": "talks/newton",
    "media_type": "video",
    "title": "Newton",
    "labels": ["physics", "2026"],
    "description": "An apple.",
    "status": "Completed",
    "job_id": "j",
    "indexed": True,
    "created_at": "2026-11-21T09:16:33.403544+00:00",
    "url": "/watch/talks%2Fnewton",
    "media": "/api/v1/assets/talks%2Fnewton/media",
    "tags": [{"label": "a tree", "score": 0.4}, {"label": "a fruit", "score": 0.2}],
    "speakers": {"Speaker 1": "Isaac"},
    "text": "",
}
PATH = "/api/v1/assets/talks/newton"
FIGURES: dict[str, Any] = {
    "at": "2026-11-21T16:20:05.118273+00:00",
    "jobs": {"pending": 3, "running": 1},
    "frames": {"pending": 40, "running": 2},
    "queue_depth": 3,
    "in_flight": {"transcribing": 1},
    "completed_rate": 0.5,
    "failed_rate": None,
    "audio_rate": 12.34,
    "workers": {"busy": 1, "total": 2},
    "dead_letters": 2,
    "assets": {"audio": 7},
    "index_lag": 0,
    "index": {"rows": 7, "bytes": 26114},
    "disk": "ok",
    "disk_free": 106112901120,
    "data_bytes": 402653184,
    "alarms": ["2 dead letters"],
}
LOAD = {
    "active_jobs": [{"job_id": "j", "progress": 40, "current_step": "transcribing"}],
    "system": {
        "queue_length": 3,
        "workers": {"busy": 1, "total": 2},
        "capacity": 2,
        "uptime_seconds": 61.0,
    },
}


def test_assets_are_listed_by_kind_and_parent(spool: Spool, httpserver: HTTPServer) -> None:
    asked = {"limit": "5", "media_type": "keyframe", "parent_id": "v", "cursor": "c"}
    listed = httpserver.expect_request("/api/v1/assets", query_string=asked)
    listed.respond_with_json({"assets": [ASSET], "cursor": None})
    words = ("--media-type", "keyframe", "--parent", "v", "--limit", "5", "--cursor", "c")
    row = ["talks/newton", "video", "physics,2026", "Newton"]
    assert spool("assets", *words).out.rstrip("\n").split("\t") == row
    assert spool("assets", "list", *words, "--json").document()["assets"] == [ASSET]


def test_one_is_shown_with_its_address(spool: Spool, httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH).respond_with_json(ASSET)
    said = dict(line.split("\t") for line in spool("assets", "talks/newton").out.splitlines())
    assert said["title"] == "Newton" and said["speakers"] == "Speaker 1=Isaac"
    assert said["page"] == httpserver.url_for("/watch/talks%2Fnewton")
    assert said["media"] == httpserver.url_for("/api/v1/assets/talks%2Fnewton/media")
    assert said["tags"] == "a tree, a fruit"
    assert said["came"] == "2026-11-21T09:16:33+00:00" and "text" not in said
    assert spool("assets", "show", "talks/newton", "--json").document() == ASSET


def test_what_is_named_is_corrected_and_nothing_else(spool: Spool, httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH, method="PATCH").respond_with_json(ASSET)
    spool(
        *("assets", "edit", "talks/newton", "--title", "Apples", "--labels", "a, b"),
        *("--speaker", "Speaker 1=Isaac", "--speaker", "Speaker 2=A=B"),
    )
    assert httpserver.log[-1][0].get_json() == {
        "title": "Apples",
        "labels": ["a", "b"],
        "speakers": {"Speaker 1": "Isaac", "Speaker 2": "A=B"},
    }
    spool("assets", "edit", "talks/newton", "--labels", "", "--link", "")
    assert httpserver.log[-1][0].get_json() == {"labels": [], "link": ""}


@pytest.mark.parametrize("words", [(), ("--speaker", "Isaac"), ("--speaker", "=Isaac")])
def test_to_correct_nothing_is_wrong_usage(
    spool: Spool, httpserver: HTTPServer, words: tuple[str, ...]
) -> None:
    assert spool("assets", "edit", "x", *words).status == 2
    assert httpserver.log == []


def test_assets_are_deleted_one_by_one(spool: Spool, httpserver: HTTPServer) -> None:
    httpserver.expect_request(PATH, method="DELETE").respond_with_data("", status=204)
    unknown = httpserver.expect_request("/api/v1/assets/x", method="DELETE")
    unknown.respond_with_response(refusal(404, "asset.not_found"))
    done = spool("assets", "delete", "x", "talks/newton")
    assert (done.status, done.out) == (1, "talks/newton deleted\n")
    assert done.err == "spool: x: refused: asset.not_found\n"
    gone = [{"asset_id": "talks/newton", "status": "deleted"}]
    assert spool("assets", "delete", "talks/newton", "--json").lines() == gone


@pytest.fixture
def figures(httpserver: HTTPServer) -> HTTPServer:
    line = json.dumps(FIGURES) + "\n"
    for count in (1, 2):
        asked = {"interval": "1", "count": str(count)}
        told = httpserver.expect_request("/api/debug-ingestion", query_string=asked)
        told.respond_with_data(line * count, content_type="application/x-ndjson")
    httpserver.expect_request("/jobs/processing").respond_with_json(LOAD)
    return httpserver


def test_stats_tell_how_it_goes(spool: Spool, figures: HTTPServer) -> None:
    said = dict(line.split("\t") for line in spool("stats").out.splitlines())
    assert said["jobs"] == "3 pending, 1 running" and said["key-frames"] == "40 pending, 2 running"
    assert said["workers"] == "1 of 2 busy"
    assert said["done"] == "30.0 a minute" and "failed" not in said
    assert said["heard"] == "12.3 seconds of sound a second"
    assert said["index"] == "level, 7 rows, 25.5 KiB"
    assert (said["disk"], said["data"]) == ("ok, 98.8 GiB free", "384.0 MiB")
    assert (said["up for"], said["alarm"]) == ("1:01", "2 dead letters")
    assert said["job"] == "j transcribing 40%"
    assert spool("stats", "--json").document() == FIGURES | {"load": LOAD}


def test_an_index_that_loads_or_is_behind_is_told(spool: Spool, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/jobs/processing").respond_with_json(LOAD)
    states: list[tuple[dict[str, Any], str]] = [
        ({"index_lag": None, "index": None}, "loading"),
        ({"index_lag": 0, "index": None}, "loading"),
        ({"index_lag": 3}, "3 not found as they are, 7 rows, 25.5 KiB"),
    ]
    for told, said in states:
        line = json.dumps(FIGURES | told) + "\n"
        asked = httpserver.expect_oneshot_request("/api/debug-ingestion")
        asked.respond_with_data(line, content_type="application/x-ndjson")
        assert f"index\t{said}\n" in spool("stats").out


def test_stats_go_on_by_lines(spool: Spool, figures: HTTPServer) -> None:
    lines = spool("stats", "--follow", "--count", "2", "--json").lines()
    assert lines == [FIGURES | {"load": LOAD}] * 2


def test_on_a_terminal_one_table_changes(terminal: Spool, figures: HTTPServer) -> None:
    said = terminal("stats", "--follow", "--count", "2").out
    assert said.count("\x1b[2K") >= 10, "it is written over"
    assert "3 pending" in said


def test_engines_are_lines_in_a_pipe(spool: Spool, httpserver: HTTPServer) -> None:
    default = {"provider": "faster_whisper", "model": "base"}
    loaded = [{"provider": "whisper_cpp", "model": "tiny", "leases": 2}]
    found = {"default": default, "state": "idle", "providers": [], "loaded": loaded}
    httpserver.expect_request("/api/v1/engines").respond_with_json(found)
    assert spool("engines").out == (
        "whisper_cpp\ttiny\tloaded\t2\nfaster_whisper\tbase\tdefault, idle\t0\n"
    )
    assert spool("engines", "--json").document() == found
    done = spool("engines", "choose")
    assert done.status == 2 and "No such command 'choose'" in done.err
