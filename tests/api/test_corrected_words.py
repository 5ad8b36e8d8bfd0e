"""A correction of a passage leaves the times of its other words as they are."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.spool import Spool, opened
from tests.browser.echo import Echo

pytestmark = pytest.mark.asyncio(loop_scope="module")

Told = list[dict[str, Any]]


async def words(spool: Spool, job_id: str) -> Told:
    """Of the first passage."""
    answer = await spool.http.get(f"/api/v1/jobs/{job_id}/result")
    assert answer.status_code == 200, answer.text
    found: Told = answer.json()["segments"][0].get("words", [])
    return found


async def corrected(spool: Spool, text: str) -> Told:
    """The passages that the answer brings."""
    json = {"segments": [{"id": 0, "text": text}]}
    answer = await spool.http.patch("/api/v1/assets/talk", json=json)
    assert answer.status_code == 200, answer.text
    found: Told = answer.json()["segments"]
    return found


async def test_a_correction_of_one_word_leaves_the_times_of_all_others(
    tmp_path: Path, model_folder: Path, speech: bytes
) -> None:
    async def make(model: str) -> Echo:
        return Echo()

    async with opened(tmp_path, model_folder, factories={"faster_whisper": make}) as spool:
        said = {"prompt": "Ask not what your contry can do.", "word_timestamps": "true"}
        job_id = await spool.take_in(speech, "talk.flac", asset_id="talk", **said)
        await spool.completed(job_id)
        before = await words(spool, job_id)
        [told] = await corrected(spool, "Ask not what your country can do.")
        after = await words(spool, job_id)
        assert (told["id"], told["words"]) == (0, after)
        assert " ".join(word["text"] for word in after) == "Ask not what your country can do."
        for old, new in zip(before, after, strict=True):
            assert (new["start"], new["end"]) == (old["start"], old["end"])
        assert [word["probability"] for word in after] == [0.9] * 4 + [None] + [0.9] * 2
        [silent] = await corrected(spool, "")
        assert silent["text"] == "" and "words" not in silent
        assert await words(spool, job_id) == []
        renamed = await spool.http.patch("/api/v1/assets/talk", json={"title": "Ask"})
        assert renamed.json()["segments"] == []
