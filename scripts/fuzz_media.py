"""Media of twelve containers, broken in every way, as uploads; and a folder of others' finds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.jobs import pcm_key
from scripts.fuzz_bait import baited
from scripts.fuzz_boxes import BY_SUFFIX
from scripts.fuzz_bytes import CHANGES, changed
from scripts.fuzz_drive import Kind
from scripts.fuzz_report import Failure, Tally
from scripts.fuzz_settle import LONGEST_JOB
from scripts.fuzz_yard import MALFORMED, Yard
from tests.faults import spy
from tests.faults.ledger import Order
from tests.faults.polling import NeverCame
from tests.media import OWN, run_ffmpeg

SECONDS = 2.0
PICTURE = ("-f", "lavfi", "-i", "testsrc=size=160x90:rate=5", "-pix_fmt", "yuv420p", "-shortest")
#: What ffmpeg is told beside the sound, for each container.
CONTAINERS: dict[str, tuple[str, ...]] = {
    ".mp4": (*PICTURE, "-c:a", "aac", "-movflags", "+faststart"),
    ".mov": (*PICTURE, "-c:v", "mpeg4", "-c:a", "pcm_s16be"),
    ".mkv": (*PICTURE, "-c:a", "pcm_s16le"),
    ".webm": ("-c:a", "libopus"),
    ".avi": (*PICTURE, "-c:v", "mpeg4", "-c:a", "pcm_s16le"),
    ".ogg": ("-c:a", "libopus"),
    ".flac": (),
    ".wav": (),
    ".mp3": (),
    ".ts": (*PICTURE, "-c:v", "libx264", "-c:a", "aac"),
    ".flv": ("-c:a", "aac"),
    ".caf": ("-c:a", "pcm_s16le"),
}
SUFFIXES = tuple(CONTAINERS)
BAITED = 0.1  # of all
MISNAMED = 0.1
LARGEST = 4 * 1024 * 1024  # bytes
INGEST = "/api/v1/ingest"


@dataclass(frozen=True, kw_only=True)
class Case:
    number: int
    order: Order
    content: bytes = b""


def make_originals(yard: Yard) -> None:
    """Once for each run: speech, and in some a moving picture."""
    _folder(yard).mkdir(exist_ok=True)
    for suffix, told in CONTAINERS.items():
        target = _folder(yard) / f"original{suffix}"
        if not target.exists():
            run_ffmpeg(["-i", OWN / "jfk.flac", *told, "-t", str(SECONDS), target])


def _folder(yard: Yard) -> Path:
    return yard.spool.folder.parent / "originals"


def made(yard: Yard, number: int) -> tuple[str, bytes]:
    """Name and bytes of a case."""
    chance, suffix = yard.chance("media", number), SUFFIXES[number % len(SUFFIXES)]
    whole = (_folder(yard) / f"original{suffix}").read_bytes()
    if chance.random() < BAITED:
        whole = baited(chance, whole, chance.choice(yard.canaries), yard.trap.url)
        return f"{number}{suffix}", whole
    by_box = BY_SUFFIX.get(suffix)
    changes = (*CHANGES, *([by_box] * 2 * len(CHANGES) if by_box else []))
    shown = chance.choice(SUFFIXES) if chance.random() < MISNAMED else suffix
    return f"{number}{shown}", changed(chance, whole, changes)[:LARGEST]


def attempt(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    cases = []
    for number in numbers:
        name, content = made(yard, number)
        (yard.world.folder / name).write_bytes(content)
        order = Order(name=f"media {number}", medium=name, source="raw")
        query = {"filename": name, "title": order.name}
        answer = yard.spool.http.post(INGEST, params=query, content=content)
        case = Case(number=number, order=yard.ledger.open(order), content=content)
        yield from _taken(case, answer.status_code, answer.text, tally)
        if answer.status_code == 202:
            order.job_id = answer.json()["job_id"]
            cases.append(case)
    yield from ended(yard, cases, tally)


def attempt_corpus(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    """Where they stand, by their paths."""
    cases = []
    for number in numbers:
        file = corpus()[number]
        order = Order(name=f"corpus {file.name}", medium=file.name, source="path")
        wish = {"path": str(file), "title": order.name}
        answer = yard.spool.http.post(INGEST, json=wish)
        case = Case(number=number, order=yard.ledger.open(order))
        yield from _taken(case, answer.status_code, answer.text, tally)
        if answer.status_code == 202:
            order.job_id = answer.json()["job_id"]
            cases.append(case)
    yield from ended(yard, cases, tally)


def corpus() -> list[Path]:
    """Empty where the machine does not have it."""
    return sorted(MALFORMED.iterdir()) if MALFORMED.is_dir() else []


def _taken(case: Case, status: int, text: str, tally: Tally) -> Iterator[Failure]:
    if status != 202:
        tally.tried[f"answered {status}"] += 1
    if status >= 500:  # also one that is planned: it was not tried
        why = f"{status}: {text[:200]}"
        yield Failure(where=str(case.number), why=why, sent=case.content)


def ended(yard: Yard, cases: Sequence[Case], tally: Tally) -> Iterator[Failure]:
    """In the order in which they were sent: each begins when those before it are over."""
    for case in cases:
        where, job_id = str(case.number), str(case.order.job_id)
        try:
            job = yard.spool.ended(job_id, LONGEST_JOB)
        except NeverCame as error:
            yield Failure(where=where, why=str(error), sent=case.content)
            yard.spool.http.post(f"/api/v1/jobs/{job_id}/cancel")
            continue
        code = (job["error"] or {}).get("code")
        tally.tried[code or job["status"].lower()] += 1
        if code and (not code.startswith("media.") or job["attempts"] > 1):
            why = f"{code} after {job['attempts']} attempts: {job['error']['message'][:200]}"
            yield Failure(where=where, why=why, sent=case.content)
        if spy.stolen(yard.spool.notes, pcm_key(job_id)):
            yield Failure(where=where, why="the canary's sound was decoded", sent=case.content)


MEDIA = Kind(
    name="media",
    about="broken media over 12 containers",
    usual=5000,
    at_once=48,
    attempt=attempt,
    prepare=make_originals,
)
CORPUS = Kind(
    name="corpus",
    about="files of others' finds, where the machine has them",
    usual=1000,
    at_once=24,
    attempt=attempt_corpus,
    most=lambda: len(corpus()),
)
