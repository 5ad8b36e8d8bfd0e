"""What an hour of speech costs, of an earlier `scripts/bench long` on this machine."""

import json
from collections.abc import Mapping
from typing import Any

from scripts.bench_report import FOLDER
from scripts.bench_scale_speech import WINDOW

HOUR = 3600.0  # seconds
WHO = "tiny.en, faster_whisper"
#: By what it is called there.
SPENT = {
    "processor time of the service": "window_own",
    "of the engine's workers": "window_heard",
    "of others: speech detection, embedding, extraction": "window_cores",
}


def of_long() -> dict[str, float]:
    """Seconds for each window; nothing when it was not measured, or of another length or model."""
    file = FOLDER / "long.json"
    return read(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else {}


def read(document: Mapping[str, Any]) -> dict[str, float]:
    rows, notes = document["rows"], " ".join(document["notes"])
    if not rows or not rows[0]["what"].startswith(WHO) or f"{HOUR:.0f} s of" not in notes:
        return {}
    found: dict[str, float] = {}
    for row in rows:  # of the model that was heard first
        if name := SPENT.get(row["what"].strip()):
            found.setdefault(name, row["value"] * WINDOW / HOUR)
    return found
