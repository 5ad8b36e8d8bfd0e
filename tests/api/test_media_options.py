"""What each door says of videos without sound, of pictures and texts, and of their options."""

from pathlib import Path

import pytest

from tests.api.spool import INGEST, Spool, error, multipart
from tests.media import make_video

pytestmark = pytest.mark.asyncio(loop_scope="module")

ASSETS = "/api/v1/assets"


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_video(tmp_path_factory.mktemp("film") / "mute.mp4", None).read_bytes()


def frames(spool: Spool, job_id: str) -> Path:
    """Their list, which a video has once they are on their way."""
    return spool.data / "keyframes" / f"{job_id}.json"


async def test_every_family_tells_a_video_without_sound_as_completed_and_without_words(
    spool: Spool, mute: bytes
) -> None:
    body, headers = multipart(("file", "mute.mp4", mute))
    submitted = await spool.http.post("/video/submit", content=body, headers=headers)
    job_id = submitted.json()["job_id"]
    job = await spool.completed(job_id)
    codes = {warning["code"] for warning in job["warnings"]}
    assert codes - {"keyframes.unread"} == {"media.no_audio"}  # a lean install reads no pictures
    assert (await spool.http.get(f"/video/status/{job_id}")).json()["progress"] == 1.0
    assert (await spool.http.get(f"/video/results/{job_id}")).json()["results"] == []
    assert (await spool.http.get(f"/status/{job_id}")).json()["status"] == "completed"
    for address in (f"/result/{job_id}", job["result_url"]):
        result = (await spool.http.get(address)).json()
        assert (result["transcript"], result["segments"], result["topics"]) == ("", [], [])
        assert result["language_detection"] is None and result["duration"] == job["duration"]
    for form in ("txt", "srt", "vtt", "tsv", "lrc"):
        answer = await spool.http.get(job["result_url"], params={"format": form})
        assert answer.status_code == 200, answer.text
    assert frames(spool, job_id).is_file()


async def test_who_waits_for_a_video_without_sound_is_answered(spool: Spool, mute: bytes) -> None:
    body, headers = multipart(("file", "mute.mp4", mute))
    answer = await spool.http.post("/process-video", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["transcript"], answer.json()["segments"]) == ("", [])


@pytest.mark.parametrize("place", ["query", "json", "form"])
async def test_a_video_of_which_no_key_frames_are_wanted_has_none(
    spool: Spool, quiet_film: bytes, place: str
) -> None:
    if place == "query":
        query = {"filename": "film.mp4", "keyframes": "false"}
        answer = await spool.http.post(INGEST, content=quiet_film, params=query)
    elif place == "json":
        (spool.root / "film.mp4").write_bytes(quiet_film)
        answer = await spool.http.post(INGEST, json={"path": "film.mp4", "keyframes": False})
    else:
        parts = ("keyframes", None, b"false"), ("file", "film.mp4", quiet_film)
        body, headers = multipart(*parts)
        answer = await spool.http.post(INGEST, content=body, headers=headers)
    job = await spool.completed(answer.json()["job_id"])
    assert job["options"]["keyframes"] is False
    assert not frames(spool, job["job_id"]).exists()


@pytest.fixture(scope="module")
def quiet_film(tmp_path_factory: pytest.TempPathFactory, quiet: bytes) -> bytes:
    folder = tmp_path_factory.mktemp("quiet")
    (folder / "quiet.wav").write_bytes(quiet)
    return make_video(folder / "film.mp4", folder / "quiet.wav").read_bytes()


@pytest.mark.parametrize("option", ["keyframes", "diarize"])
async def test_an_option_that_is_neither_true_nor_false_is_named(
    spool: Spool, quiet: bytes, option: str
) -> None:
    query = {"filename": "quiet.wav", option: "maybe"}
    answer = await spool.http.post(INGEST, content=quiet, params=query)
    assert option in error(answer, 422, "request.invalid")["message"]
    answer = await spool.http.post(INGEST, json={"path": "quiet.wav", option: "true"})
    assert option in error(answer, 422, "request.invalid")["message"]


async def test_captions_of_a_text_are_refused_and_its_words_are_not(spool: Spool) -> None:
    query = {"filename": "notes.md", "title": "Notes"}
    taken = await spool.http.post(INGEST, content=b"# Apples\n\nThey fall.", params=query)
    job = await spool.completed(taken.json()["job_id"])
    result = (await spool.http.get(job["result_url"])).json()
    assert (result["media_type"], result["title"]) == ("text", "Notes")
    assert "They fall." in result["text"] and result["headings"][0]["anchor"] == "apples"
    words = await spool.http.get(job["result_url"], params={"format": "txt"})
    assert words.text == result["text"]
    for form in ("srt", "vtt", "tsv", "lrc"):
        answer = await spool.http.get(job["result_url"], params={"format": form})
        error(answer, 409, "job.no_result")
    for address in (f"/result/{job['job_id']}", f"/video/results/{job['job_id']}"):
        error(await spool.http.get(address), 409, "job.no_result")


async def test_an_asset_that_is_looked_at_again_keeps_its_kind(spool: Spool) -> None:
    payload = {"assetId": "a-kind", "extra": {"text": "Words."}}
    await spool.completed((await spool.http.post(ASSETS, json=payload)).json()["job_id"])
    again = {"assetId": "a-kind", "stage": "refresh", "mediaType": "image"}
    message = error(await spool.http.post(ASSETS, json=again), 422, "request.invalid")["message"]
    assert "mediaType" in message
    again["mediaType"] = "text"
    assert (await spool.http.post(ASSETS, json=again)).status_code == 202
