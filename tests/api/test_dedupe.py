"""Media that were heard already: with `dedupe` the job that did it is the answer."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from tests import media
from tests.api.spool import INGEST, Spool, error, multipart, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def fresh(tmp_path: Path) -> bytes:
    """Sound that no other test sends."""
    samples = np.random.default_rng().normal(0, 0.001, 8000).astype(np.float32)
    return media.write_sound(tmp_path / "fresh.wav", samples).read_bytes()


async def sent(spool: Spool, content: bytes, **options: str) -> httpx2.Response:
    params = {"filename": "talk.wav", "dedupe": "true", **options}
    return await spool.http.post(INGEST, content=content, params=params)


async def again(spool: Spool, content: bytes, job_id: str, **options: str) -> None:
    """The same job is the answer; nothing is taken in."""
    jobs, files = await spool.count(), spool.files()
    answer = await sent(spool, content, **options)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["job_id"], answer.json()["status"]) == (job_id, "Completed")
    assert answer.headers["location"] == f"/api/v1/jobs/{job_id}"
    assert (await spool.count(), spool.files()) == (jobs, files)


async def anew(spool: Spool, content: bytes, job_id: str, **options: str) -> str:
    answer = await sent(spool, content, **options)
    assert answer.status_code == 202, answer.text
    assert answer.json()["job_id"] != job_id
    return str(answer.json()["job_id"])


async def test_the_same_bytes_and_options_are_not_heard_twice(spool: Spool, fresh: bytes) -> None:
    job_id = await spool.take_in(fresh)  # also who did not ask for it is found
    await spool.completed(job_id)
    await again(spool, fresh, job_id)
    await again(spool, fresh, job_id, filename="another-name.mp3", priority="batch")
    await again(spool, fresh, job_id, provider="faster_whisper", model="base")
    await again(spool, fresh, job_id, webhook_url="https://1.1.1.1/told")


@pytest.mark.parametrize(
    "options",
    [
        {"language": "en"},
        {"task": "translate"},
        {"model": "tiny.en"},
        {"prompt": "Names"},
        {"word_timestamps": "true"},
        {"title": "Another"},
        {"labels": "a"},
        {"asset_id": "mine"},
    ],
)
async def test_another_option_is_another_job(
    spool: Spool, fresh: bytes, options: dict[str, str]
) -> None:
    job_id = await spool.take_in(fresh)
    await spool.completed(job_id)
    await spool.ended(await anew(spool, fresh, job_id, **options))


async def test_other_bytes_are_another_job(spool: Spool, fresh: bytes) -> None:
    job_id = await spool.take_in(fresh)
    await spool.completed(job_id)
    await spool.completed(await anew(spool, fresh[:-2], job_id))


async def test_without_the_wish_everything_is_heard(spool: Spool, fresh: bytes) -> None:
    job_id = await spool.take_in(fresh)
    await spool.completed(job_id)
    assert await spool.take_in(fresh) != job_id
    assert await spool.take_in(fresh, dedupe="false") != job_id


async def test_only_what_completed_counts(spool: Spool, speech: bytes) -> None:
    content = speech + b"\0"  # still sound, but other bytes than those of other tests
    spool.engine.hold.clear()
    job_id = await spool.take_in(content)
    second = await anew(spool, content, job_id)
    assert (await spool.http.post(f"/api/v1/jobs/{job_id}/cancel")).status_code == 200
    spool.engine.hold.set()
    await spool.completed(second)
    await again(spool, content, second)
    await spool.http.delete(f"/api/v1/jobs/{second}")
    await spool.completed(await anew(spool, content, second))


async def test_what_a_later_job_replaced_is_heard_again(spool: Spool, fresh: bytes) -> None:
    first = await spool.take_in(fresh, asset_id="replaced")
    await spool.completed(first)
    await spool.completed(await spool.take_in(fresh[:-4], asset_id="replaced"))
    await spool.completed(await anew(spool, fresh, first, asset_id="replaced"))


async def test_another_default_engine_is_another_job(spool: Spool, fresh: bytes) -> None:
    job_id = await spool.take_in(fresh)
    await spool.completed(job_id)
    default = "/api/v1/engines/default"
    for model in ("tiny.en", "base"):
        choice = {"provider": "faster_whisper", "model": model}
        assert (await spool.http.put(default, json=choice)).status_code == 200
        if model != "base":
            await spool.completed(await anew(spool, fresh, job_id))
    await again(spool, fresh, job_id)


async def test_a_form_and_a_path_find_it_too(spool: Spool, fresh: bytes) -> None:
    job_id = await spool.take_in(fresh)
    await spool.completed(job_id)
    body, headers = multipart(("dedupe", None, b"true"), ("file", "x.wav", fresh))
    (spool.root / "dedupe.wav").write_bytes(fresh)
    answers = [
        await spool.http.post(INGEST, content=body, headers=headers),
        await spool.http.post(INGEST, json={"path": "dedupe.wav", "dedupe": True}),
        await spool.http.post(f"{INGEST}?dedupe=true", json={"path": "dedupe.wav"}),
        await spool.http.post(INGEST, data={"path": "dedupe.wav", "dedupe": "true"}),
    ]
    assert [(each.status_code, each.json()["job_id"]) for each in answers] == [(200, job_id)] * 4


async def test_a_path_that_was_heard_is_found_by_its_bytes(spool: Spool, fresh: bytes) -> None:
    (spool.root / "first.wav").write_bytes(fresh)
    source: dict[str, Any] = {"path": "first.wav", "dedupe": True}
    answer = await spool.http.post(INGEST, json=source)
    assert answer.status_code == 202
    job_id = answer.json()["job_id"]
    await spool.completed(job_id)
    await again(spool, fresh, job_id)
    (spool.root / "first.wav").write_bytes(fresh[:-2])
    answer = await spool.http.post(INGEST, json=source)
    assert answer.status_code == 202
    await spool.completed(answer.json()["job_id"])


async def test_the_bytes_behind_a_url_are_not_known_yet(spool: Spool) -> None:
    source = {"url": "http://127.9.9.9/x.wav", "dedupe": True}
    said = await refused(spool, spool.http.post(INGEST, json=source), 422, "request.invalid")
    assert "dedupe" in said


@pytest.mark.parametrize("value", ["maybe", "", "2"])
async def test_a_wish_that_is_none_is_named(spool: Spool, fresh: bytes, value: str) -> None:
    answer = await spool.http.post(f"{INGEST}?dedupe={value}", content=fresh)
    assert "dedupe" in error(answer, 422, "request.invalid")["message"]
    answer = await spool.http.post(INGEST, json={"path": "x.wav", "dedupe": value})
    assert "dedupe" in error(answer, 422, "request.invalid")["message"]


async def test_every_upload_has_its_hash(spool: Spool, fresh: bytes) -> None:
    job_id = await spool.take_in(fresh)
    job = await spool.doors.jobs.get(job_id)
    assert job.sha256 == hashlib.sha256(fresh).hexdigest()
    await asyncio.gather(spool.completed(job_id))
