"""A service that dies while what it knows goes into the index: of texts, corrections and records.

Each start recovers from the death before, and goes on to the next one.
"""

import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.faults import stored
from tests.faults.level import index_differs
from tests.faults.polling import until
from tests.faults.spool import Spool

TEXT, TALK = "notes/ships", "talk"
WITHIN = 60.0  # seconds
SHIPS = "# Ships\n\n## Zeppelins\n\nA zeppelin is kept aloft by hydrogen.\n"
Deed = Callable[[Spool], object]


@pytest.mark.timeout(400)
def test_killed_at_every_point_between_row_and_index_both_are_level_after_the_start(
    spool: Spool, sent_media: Path
) -> None:
    spool.start()
    talk = spool.post(sent_media / "short.wav", asset_id=TALK)
    assert spool.ended(talk)["status"] == "Completed"
    assert _found(spool, "sample") == [TALK]
    spool.stop()
    for point, deed in DEATHS:
        spool.start(crash_at=point)
        if deed is not None:
            _settled(spool)
            with suppress(httpx2.TransportError):  # it dies before it answers
                deed(spool)
        assert spool.await_death(WITHIN) == -signal.SIGKILL, point
    spool.start()
    _settled(spool)
    assert _found(spool, "sample") == [], "the words before the correction"
    assert _found(spool, "dirigible") == [TALK]
    assert _found(spool, "hydrogen", labels="aloft") == [TEXT]
    assert _found(spool, "quince") == ["kept"]
    assert _found(spool, "medlar") == []
    assert spool.stop() == 0
    assert index_differs(spool.data) == []


def _send_text(spool: Spool) -> None:
    payload = {"assetId": TEXT, "mediaType": "text", "extra": {"text": SHIPS}}
    spool.http.post("/api/v1/assets", json=payload)


def _correct(spool: Spool) -> None:
    changes = {"segments": [{"id": 0, "text": "A dirigible lands."}]}
    spool.http.patch(f"/api/v1/assets/{TALK}", json=changes)


def _label(spool: Spool) -> None:
    payload = {"assetId": TEXT, "stage": "post_label", "extra": {"labels": ["aloft"]}}
    spool.http.post("/api/v1/assets", json=payload)


def _add(spool: Spool) -> None:
    records = [{"id": "kept", "text": "a quince"}, {"id": "gone", "text": "a medlar"}]
    spool.http.post("/bulk-add", json={"records": records})


def _remove(spool: Spool) -> None:
    spool.http.post("/bulk-add", json={"records": [{"id": "gone", "deleted": True}]})


#: The point, and what brings the service there; None: the start itself does, as it recovers.
DEATHS: list[tuple[str, Deed | None]] = [
    ("text.begun", _send_text),
    ("text.kept", None),
    ("index.written", None),
    ("asset.edited", _correct),
    ("index.before", None),
    ("asset.edited", _label),
    ("submit.committed", _label),
    ("index.marked", None),
    ("records.put", _add),
    ("records.written", None),
    ("records.removed", _remove),
]


def _settled(spool: Spool) -> None:
    """Nothing is left to do, and all is in the index."""
    until(spool.is_ready, WITHIN, "ready")
    spool.drain(WITHIN)
    until(lambda: not stored.unindexed(spool.data), WITHIN, "all indexed")


def _found(spool: Spool, words: str, **more: str) -> list[Any]:
    asked = {"q": words, "mode": "keyword", **more}
    answer = spool.http.get("/api/v1/search", params=asked)
    return [hit["asset_id"] for hit in answer.json()["hits"]]
