"""What a service that has been stopped left on disk, read without it."""

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.engine import computed

JOBS = ("audio_jobs", "image_jobs", "text_jobs", "video_jobs")
KEPT = (*JOBS, "keyframes", "results", "thumbnails", "waveforms")
#: What stands beside the files of jobs.
OURS = {
    *(
        "spool.db",
        "spool.db-wal",
        "spool.db-shm",
        ".spool.lock",
        ".spool.boot",
        ".spool.store",
        ".ballast",
        "webhook.secret",
    ),
    *("index", "logs", "quarantine", "pcm", "uploads", *KEPT),
}


@contextmanager
def database(data: Path) -> Iterator[sqlite3.Connection]:
    """To read only."""
    with closing(sqlite3.connect(f"file:{data / 'spool.db'}?mode=ro", uri=True)) as opened:
        opened.row_factory = sqlite3.Row
        yield opened


def unindexed(data: Path) -> list[str]:
    """Completed jobs whose asset is not marked as indexed, and records that are not; may be asked
    while it runs."""
    with database(data) as opened:
        rows = opened.execute(
            "SELECT job_id FROM assets JOIN jobs USING (job_id)"
            " WHERE status = 'completed' AND indexed_in IS NULL"
            " UNION ALL SELECT moment_id FROM records WHERE indexed_in IS NULL"
        )
        return [row[0] for row in rows]


def damage(opened: sqlite3.Connection) -> list[str]:
    quick = [row[0] for row in opened.execute("PRAGMA quick_check")]
    keys = [tuple(row) for row in opened.execute("PRAGMA foreign_key_check")]
    return [f"quick_check: {line}" for line in quick if line != "ok"] + [
        f"foreign_key_check: {key}" for key in keys
    ]


def computed_again(opened: sqlite3.Connection, notes: Path) -> list[str]:
    """Windows that a worker began after their row was there; and completed jobs with gaps."""
    begun = defaultdict(list)
    for line in computed(notes):
        begun[line["job_id"], line["number"]].append(line)
    wrong = []
    numbers = defaultdict(list)
    for row in opened.execute("SELECT job_id, number, recorded_at FROM windows"):
        numbers[row["job_id"]].append(row["number"])
        recorded = _seconds(row["recorded_at"])
        late = [line for line in begun[row["job_id"], row["number"]] if line["began"] > recorded]
        if late or not begun[row["job_id"], row["number"]]:
            wrong.append(f"window {row['number']} of {row['job_id']} was computed again: {late}")
    for job_id, found in numbers.items():
        if len(found) != len(set(found)):
            wrong.append(f"a window of {job_id} is there twice: {sorted(found)}")
    for row in opened.execute("SELECT job_id FROM transcripts"):
        found = numbers[row["job_id"]]
        if sorted(found) != list(range(len(found))):
            wrong.append(f"windows are missing of {row['job_id']}: {sorted(found)}")
    return wrong


def stray_files(opened: sqlite3.Connection, data: Path) -> list[str]:
    """Whatever no job needs; and results that are missing."""
    jobs = {row[0]: row[1] for row in opened.execute("SELECT job_id, status FROM jobs")}
    wrong = [f"unknown file {each.name}" for each in data.iterdir() if each.name not in OURS]
    if (data / "pcm").is_dir():
        wrong += [f"sound of nobody: {each.name}" for each in (data / "pcm").iterdir()]
    wrong += [f"an upload of nobody: {name}" for name in _left_uploads(opened, data)]
    for folder in KEPT:
        for file in (data / folder).iterdir() if (data / folder).is_dir() else ():
            if file.name.endswith(".part") or file.name.partition(".")[0] not in jobs:
                wrong.append(f"a file without a job: {folder}/{file.name}")
    for job_id, status in jobs.items():
        if status == "completed" and not (data / "results" / f"{job_id}.json").is_file():
            wrong.append(f"the result of {job_id} is missing")
    return wrong


def _left_uploads(opened: sqlite3.Connection, data: Path) -> list[str]:
    begun = {row[0] for row in opened.execute("SELECT upload_id FROM uploads")}
    folder = data / "uploads"
    files = folder.iterdir() if folder.is_dir() else ()
    return [file.name for file in files if file.name not in begun]


def changed_uploads(opened: sqlite3.Connection, data: Path, media: dict[str, Path]) -> list[str]:
    """Uploads whose bytes are no longer those that were sent."""
    wrong = []
    for row in opened.execute("SELECT job_id, input_path FROM jobs WHERE source = 'upload'"):
        kept, sent = data / row["input_path"], media.get(row["job_id"])
        if not kept.is_file():
            wrong.append(f"the upload of {row['job_id']} is gone")
        elif sent is not None and _sha256(kept) != _sha256(sent):
            wrong.append(f"the upload of {row['job_id']} has other bytes")
    return wrong


def _seconds(moment: str) -> float:
    """As the database keeps it: UTC, without saying so."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
