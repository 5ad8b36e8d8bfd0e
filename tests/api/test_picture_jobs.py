"""Pictures through the doors: sent like sound, found by what stands in them and what they show."""

from pathlib import Path

import pytest
from PIL import Image

from tests.api.spool import Spool
from tests.pictures import halves, page

pytestmark = pytest.mark.asyncio(loop_scope="module")
IMAGE = "image/jpeg"


async def sent(spool: Spool, picture: Path, **options: str) -> str:
    job_id = await spool.take_in(_content(picture), picture.name, **options)
    await spool.completed(job_id)
    return job_id


def _content(picture: Path) -> bytes:
    return picture.read_bytes()


async def hits(spool: Spool, words: str) -> list[dict[str, object]]:
    answer = await spool.http.get("/api/v1/search", params={"q": words, "mode": "keyword"})
    found: list[dict[str, object]] = answer.json()["hits"]
    return found


async def test_a_screenshot_is_found_by_its_words_with_a_small_picture_of_it(
    spool: Spool, tmp_path: Path
) -> None:
    slide = page(tmp_path / "slide.png", ["Budget for the harbour", "zeppelin mooring fees"])
    job_id = await sent(spool, slide, title="Slide 7", labels="talk")
    [hit] = await hits(spool, "zeppelin")
    assert (hit["asset_id"], hit["media_type"], hit["title"]) == (job_id, "image", "Slide 7")
    small = await spool.http.get(str(hit["thumbnail"]))
    assert (small.status_code, small.headers["Content-Type"]) == (200, IMAGE)
    result = (await spool.http.get(f"/api/v1/jobs/{job_id}/result")).json()
    assert result["text"] == "Budget for the harbour\nzeppelin mooring fees"
    assert (result["width"], result["height"], result["warnings"]) == (800, 400, [])


async def test_a_picture_taken_in_again_replaces_what_was_found_in_the_first(
    spool: Spool, tmp_path: Path
) -> None:
    await sent(spool, page(tmp_path / "a.png", ["wherry"]), asset_id="board")
    await sent(spool, page(tmp_path / "b.png", ["narwhal"]), asset_id="board")
    assert await hits(spool, "wherry") == []
    assert [hit["asset_id"] for hit in await hits(spool, "narwhal")] == ["board"]


async def test_a_deleted_picture_leaves_no_files_and_is_not_found(
    spool: Spool, tmp_path: Path
) -> None:
    job_id = await sent(spool, page(tmp_path / "a.png", ["dirigible"]))
    assert list(spool.data.glob(f"*/{job_id}*"))
    answer = await spool.http.delete(f"/api/v1/jobs/{job_id}")
    assert answer.is_success
    assert list(spool.data.glob(f"*/{job_id}*")) == []
    assert await hits(spool, "dirigible") == []


@pytest.mark.parametrize("name", ["words.png", "words.jpg", "words.avif", "words.webp"])
async def test_what_is_no_picture_fails_its_job_with_a_reason(spool: Spool, name: str) -> None:
    job = await spool.ended(await spool.take_in(b"I am no picture.", name))
    assert (job["status"], job["error"]["code"]) == ("Failed", "media.unreadable")


async def test_a_bomb_fails_its_job_before_it_goes_off(spool: Spool, tmp_path: Path) -> None:
    Image.new("1", (30_000, 30_000)).save(tmp_path / "bomb.png")
    content = (tmp_path / "bomb.png").read_bytes()
    job = await spool.ended(await spool.take_in(content, "bomb.png"))
    assert (job["status"], job["error"]["code"]) == ("Failed", "media.too_large")


async def test_a_photo_without_words_is_found_by_its_title(spool: Spool, tmp_path: Path) -> None:
    job_id = await sent(spool, halves(tmp_path / "flag.jpg", 6), title="Pennant at dawn")
    assert [hit["asset_id"] for hit in await hits(spool, "pennant")] == [job_id]
