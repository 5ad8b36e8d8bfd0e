"""A database with a long backlog, made from one real job by copying its row."""

import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

DEAD_RUN = "00000000-0000-4000-8000-000000000000"
BATCH = 10_000  # rows in one transaction


def grow(database: Path, *, pending: int = 0, running: int = 0) -> list[str]:
    """Add jobs like the first one in the file; returns the new ids, oldest first."""
    with closing(sqlite3.connect(database)) as opened:
        opened.row_factory = sqlite3.Row
        model = dict(opened.execute("SELECT * FROM jobs LIMIT 1").fetchone())
        rows = list(_rows(model, pending, running))
        for first in range(0, len(rows), BATCH):
            insert(opened, "jobs", rows[first : first + BATCH])
            opened.commit()
        held = [row for row in rows if row["status"] == "running"]
        insert(opened, "attempts", [_attempt(row) for row in held])
        opened.commit()
    return [row["job_id"] for row in rows]


def _rows(model: dict[str, Any], pending: int, running: int) -> Iterator[dict[str, Any]]:
    moment = datetime.fromisoformat(model["created_at"])
    for number in range(pending + running):
        job_id = str(uuid.uuid4())
        held = number >= pending
        changed = {
            "job_id": job_id,
            "asset_id": job_id,
            "created_at": str(moment + timedelta(milliseconds=number)),
            "status": "running" if held else "pending",
            "attempts": int(held),
            "boot_id": DEAD_RUN if held else None,
            "finished_at": None,
            "stage": None,
            "stage_started_at": None,
            "error_code": None,
            "error_message": None,
        }
        yield model | changed


def _attempt(row: dict[str, Any]) -> dict[str, Any]:
    return {"job_id": row["job_id"], "number": 1, "started_at": row["created_at"]}


def insert(opened: sqlite3.Connection, table: str, rows: Iterable[dict[str, Any]]) -> None:
    """Commits nothing."""
    rows = list(rows)
    if rows:
        names = ", ".join(rows[0])
        places = ", ".join(f":{name}" for name in rows[0])
        opened.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)
