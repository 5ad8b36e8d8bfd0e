"""How well search finds what is known to be there, by words, by meaning, and by both."""

import base64
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlencode

from scripts import bench_media
from scripts.bench_judged import FIRST, NEAR, Found, judge, medium
from scripts.bench_queries import Query, queries
from scripts.bench_report import Report, say
from scripts.bench_server import Server, serving

MODES = ("keyword", "semantic", "hybrid")
READ = 20  # hits that are looked through
#: A picture that is searched with is the middle of one that is there, in grey.
CROP = 0.8


def measure_found(report: Report) -> None:
    with TemporaryDirectory(prefix="spool-bench-") as folder:
        _measure_set(report, "made", bench_media.made(Path(folder)))
    corpus = bench_media.corpus()
    if corpus:
        _measure_set(report, "corpus", corpus)
    else:
        report.notes.append("no corpus here: only media that are made or shipped were searched")
    report.notes += [
        f"recall@{FIRST}: share of the right media among the first {FIRST} hits; MRR: mean of one "
        f"by the place of the first right one, of {READ}; hits are grouped by medium",
        f"a hit is at the place when it begins within {NEAR:g} s of the words, or opens the page "
        "at the heading that they stand under",
        "pictures have only what is found in them (text, tags) and the name of their file; "
        '"captioned": once each has got a sentence as its description by PATCH',
        "looks: asked with the middle of a picture in grey, without any word",
    ]


def _measure_set(report: Report, name: str, files: Mapping[str, Path]) -> None:
    asked = queries(name)
    with serving() as server:
        server.await_ready()
        take_in(server, files)
        found = [judged(server, query, mode) for mode in MODES for query in asked]
        _tell(report, name, found)
        captions = bench_media.captions(files)
        if captions:
            _describe(server, captions)
            about = [query for query in asked if query.kind == "image"]
            again = [judged(server, query, mode) for mode in MODES for query in about]
            _tell_kind(report, f"{name}: image, captioned", again)
        looks = {n: p for n, p in files.items() if p.suffix in (".png", ".jpg", ".avif")}
        _tell_looks(report, name, server, looks)


# taking in


def take_in(server: Server, files: Mapping[str, Path]) -> None:
    jobs = []
    for name, file in files.items():
        query = urlencode({"filename": file.name, "asset_id": name})
        jobs.append(server.ask(f"/api/v1/ingest?{query}", file.read_bytes())["job_id"])
    for job_id in jobs:
        job = server.await_end(job_id)
        if job["status"] != "Completed":
            raise OSError(f"{job['title']}: {job['error']}")
    await_frames(server)
    server.build_index()
    say(f"search: {len(files)} media are taken in")


def await_frames(server: Server) -> None:
    """Key-frames are jobs of their own."""
    while jobs := [job for state in ("pending", "running") for job in _frames(server, state)]:
        server.await_end(jobs[0]["job_id"])


def _frames(server: Server, state: str) -> list[dict[str, Any]]:
    asked = f"/api/v1/jobs?media_type=keyframe&status={state}"
    jobs: list[dict[str, Any]] = server.ask(asked)["jobs"]
    return jobs


def _describe(server: Server, captions: Mapping[str, str]) -> None:
    for name, caption in captions.items():
        connection = server.connect()
        try:
            body = json.dumps({"description": caption})
            path = f"/api/v1/assets/{quote(name, safe='')}"
            connection.request("PATCH", path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status >= 300:
            raise OSError(f"PATCH {path} answered {answer.status}: {text.decode()}")


# asking and judging


def judged(server: Server, query: Query, mode: str) -> Found:
    asked = urlencode({"q": query.text, "mode": mode, "limit": READ})
    answer = server.ask(f"/api/v1/search?{asked}")
    if answer["mode"] != mode:
        raise OSError(f"{query.text!r} was answered by {answer['mode']}: {answer['notice']}")
    return judge(query, mode, answer["hits"])


# telling


def _tell(report: Report, name: str, found: Sequence[Found]) -> None:
    plain = [each for each in found if each.mode != "hybrid"]
    for what, score in (("recall@5", _recall), ("MRR", _reciprocal)):
        for mode in MODES[:2]:
            report.fact(f"{name}: {what}, {mode}", score(_of(found, mode)), "")
        best = max(score(_of(plain, mode)) for mode in MODES[:2])
        report.at_least(round(best, 3), f"{name}: {what}, hybrid", score(_of(found, "hybrid")), "")
    for kind in dict.fromkeys(each.query.kind for each in found):
        _tell_kind(report, f"{name}: {kind}", [each for each in found if each.query.kind == kind])
    report.detail[name] = [_line(each) for each in found if each.reciprocal < 1 or not each.recall]


def _tell_kind(report: Report, name: str, found: Sequence[Found]) -> None:
    number = len(_of(found, "hybrid"))
    for mode in MODES:
        here = _of(found, mode)
        report.fact(f"{name}, {number} queries, {mode}: recall@{FIRST}", _recall(here), "")
        report.fact("  MRR", _reciprocal(here), "")
        placed = [each.placed for each in here if each.placed is not None]
        if placed:
            report.fact("  at the place, of those found", mean(placed), "")


def _of(found: Iterable[Found], mode: str) -> list[Found]:
    return [each for each in found if each.mode == mode]


def _recall(found: Iterable[Found]) -> float:
    return mean(each.recall for each in found)


def _reciprocal(found: Iterable[Found]) -> float:
    return mean(each.reciprocal for each in found)


def _line(found: Found) -> dict[str, Any]:
    """For people who want to know what was missed."""
    return {
        "kind": found.query.kind,
        "query": found.query.text,
        "mode": found.mode,
        "recall": round(found.recall, 3),
        "reciprocal": round(found.reciprocal, 3),
        "placed": found.placed,
    }


# pictures as queries


def _tell_looks(report: Report, name: str, server: Server, files: Mapping[str, Path]) -> None:
    first = [_found_by_looks(server, each, file) for each, file in files.items()]
    report.fact(f"{name}: looks, {len(first)} pictures: MRR", mean(first), "")


def _found_by_looks(server: Server, name: str, file: Path) -> float:
    body = {"image": base64.b64encode(_changed(file)).decode()}
    told = {"Content-Type": "application/json"}
    hits = server.ask("/api/v1/search", json.dumps(body).encode(), **told)["hits"]
    places = [place for place, hit in enumerate(hits, start=1) if medium(hit) == name]
    return 1 / places[0] if places else 0.0


def _changed(file: Path) -> bytes:
    from PIL import Image, ImageOps

    with Image.open(file) as opened:
        picture = ImageOps.grayscale(opened.convert("RGB"))
    across, down = (round(side * (1 - CROP) / 2) for side in picture.size)
    box = (across, down, picture.width - across, picture.height - down)
    written = io.BytesIO()
    picture.crop(box).save(written, "JPEG")
    return written.getvalue()
