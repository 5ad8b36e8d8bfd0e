"""What the page has to show at its worst: a transcript of 100,000 words, and 1,000 jobs."""

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.adapters.sql.codec import segments_to_json
from app.domain.transcript import Segment, Word
from scripts.bench_backlog import insert
from scripts.bench_rows import word

WORDS = 100_000
IN_SEGMENT = 20  # words
SPEAKERS = 2
JOBS = 1000


def talk(database: Path, job_id: str, seconds: float) -> None:
    """In place of what the job has heard: all the words, as if they were said in that time."""
    segments = tuple(_segments(seconds))
    text = " ".join(segment.text for segment in segments)
    values = (json.dumps(segments_to_json(segments)), text, seconds, job_id)
    query = "UPDATE transcripts SET segments = ?, text = ?, duration = ? WHERE job_id = ?"
    with closing(sqlite3.connect(database)) as opened:
        assert opened.execute(query, values).rowcount == 1
        opened.commit()


def crowd(database: Path, number: int = JOBS) -> None:
    """So many completed jobs like the newest one in the file, each with a name of its own."""
    with closing(sqlite3.connect(database)) as opened:
        opened.row_factory = sqlite3.Row
        query = "SELECT * FROM jobs ORDER BY created_at DESC LIMIT 1"
        model = dict(opened.execute(query).fetchone())
        insert(opened, "jobs", [_job(model, place) for place in range(number)])
        opened.commit()


def _segments(seconds: float) -> Iterator[Segment]:
    number = WORDS // IN_SEGMENT
    each = seconds / number
    for place in range(number):
        words = tuple(_words(place, place * each, each / IN_SEGMENT))
        yield Segment(
            start=place * each,
            end=(place + 1) * each,
            text="".join(said.text for said in words),
            words=words,
            speaker=f"Speaker {place // 5 % SPEAKERS + 1}",
        )


def _words(place: int, start: float, each: float) -> Iterator[Word]:
    for count in range(IN_SEGMENT):
        began = start + count * each
        said = f" {word(place * IN_SEGMENT + count)}"
        yield Word(start=began, end=began + each, text=said, probability=0.9)


def _job(model: dict[str, Any], place: int) -> dict[str, Any]:
    job_id = str(uuid.uuid4())
    moment = datetime.fromisoformat(model["created_at"]) - timedelta(seconds=place + 1)
    name = f"recording {place}.flac"
    return model | {
        "job_id": job_id,
        "asset_id": job_id,
        "created_at": str(moment),
        "source_name": name,
    }
