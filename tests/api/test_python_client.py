"""`app.client`, blocking and awaited, against the service: what each call asks and gives back."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from pytest_httpserver import HTTPServer

from app.client import AsyncSpool, Refused, Unreachable
from app.client import Spool as SyncSpool
from app.domain.errors import EngineCrashed
from tests.api.calling import Caller
from tests.api.spool import Spool

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(params=["sync", "async"], loop_scope="module")
async def call(spool: Spool, request: pytest.FixtureRequest) -> AsyncIterator[Caller]:
    caller = Caller(spool, request.param)
    yield caller
    await caller.aclose()


@pytest.fixture
def talk(speech: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "talk.flac"
    file.write_bytes(speech)
    return file


async def at_work(spool: Spool, call: Caller, talk: Path) -> str:
    """A job whose windows are under way, until the engine lets them go."""
    spool.engine.hold.clear()
    job_id: str = (await call("upload", talk)).job_id
    async with asyncio.timeout(60):
        while spool.engine.at_work == 0:  # noqa: ASYNC110
            await asyncio.sleep(0)
    return job_id


async def test_a_file_is_sent_awaited_and_read(
    spool: Spool, call: Caller, talk: Path, speech: bytes
) -> None:
    spool.engine.texts = {0: " Ask what you can do.", 1: " The weather is cold."}
    told: list[tuple[int, int]] = []
    ticket = await call(
        "upload",
        talk,
        progress=lambda sent, size: told.append((sent, size)),
        title="A talk",
        labels=["physics", "2020"],
        language="en",
        word_timestamps=False,
        prompt=None,
    )
    assert ticket.status == "Pending" and ticket.result_url.endswith("/result")
    assert told[-1] == (len(speech), len(speech))
    job = await call("wait", ticket.job_id)
    assert job.ended and job.completed and job.error is None and job.progress == 1.0
    assert (job.title, job.asset_id, job.attempts) == ("A talk", ticket.job_id, 1)
    assert job.options["labels"] == ["physics", "2020"] and job.raw["options"] == job.options
    assert job.created_at <= job.finished_at <= datetime.now(UTC)
    assert job.history[0].number == 1 and job.timings["transcribing"] >= 0
    assert job == await call("job", ticket.job_id)
    result = await call("result", ticket.job_id)
    assert result.status is None and result.transcript.startswith("Ask what you can do.")
    assert [segment.id for segment in result.segments] == [0, 1, 2]
    assert 0 <= result.segments[0].start < result.segments[0].end <= result.duration
    assert result.language_detection.language == "en" and result.model == "base"
    assert (await call("result_as", ticket.job_id, "srt")).startswith("1\n00:00:0")


async def test_an_open_file_is_sent_from_its_beginning(call: Caller, quiet: bytes) -> None:
    memory = io.BytesIO(quiet)
    memory.read(100)
    ticket = await call("upload", memory, filename="from memory.wav")
    job = await call("wait", ticket.job_id)
    assert job.completed and job.title == "from memory.wav"


async def test_a_pipe_is_sent_to_its_end(call: Caller, quiet: bytes, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.wav"
    os.mkfifo(pipe)
    writing = asyncio.create_task(asyncio.to_thread(pipe.write_bytes, quiet))
    ticket = await call("upload", pipe)
    await writing
    job = await call("wait", ticket.job_id)
    assert job.completed and (job.title, job.source.name) == ("pipe.wav", "pipe.wav")


async def test_a_file_that_is_not_there_is_an_os_error(call: Caller, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await call("upload", tmp_path / "nothing.wav")


async def test_an_upload_whose_answer_is_lost_makes_one_job(
    spool: Spool, call: Caller, talk: Path, speech: bytes
) -> None:
    before = await spool.count()
    told: list[int] = []
    call.line.lose = 1
    ticket = await call("upload", talk, progress=lambda sent, size: told.append(sent))
    assert await spool.count() == before + 1
    assert told == [len(speech)] * 2
    assert (await call("wait", ticket.job_id)).completed


async def test_the_same_key_is_the_same_job(call: Caller, talk: Path) -> None:
    first = await call("upload", talk, idempotency_key=f"mine of {talk}")
    again = await call("upload", talk, idempotency_key=f"mine of {talk}")
    assert again.job_id == first.job_id
    with pytest.raises(Refused) as refusal:
        await call("upload", talk, idempotency_key=f"mine of {talk}", title="Another")
    assert (refusal.value.status, refusal.value.code) == (422, "request.key_reused")


async def test_what_was_only_asked_is_asked_again_when_the_line_breaks(call: Caller) -> None:
    call.line.lose = 2
    assert (await call("health"))["status"] == "ok"
    call.line.lose = 9
    with pytest.raises(Unreachable, match="no answer from http://localhost") as trouble:
        await call("jobs")
    assert call.line.lose == 9 - 4
    assert "spool serve" in str(trouble.value.hint)


async def test_what_changes_a_job_is_sent_once(spool: Spool, call: Caller, talk: Path) -> None:
    job_id = await at_work(spool, call, talk)
    call.line.lose = 1
    with pytest.raises(Unreachable):
        await call("cancel", job_id)
    assert (await call("job", job_id)).status == "Cancelled"


async def test_paths_and_urls_are_submitted(
    spool: Spool, call: Caller, media_server: HTTPServer, quiet: bytes
) -> None:
    (spool.root / "quiet.wav").write_bytes(quiet)
    media_server.expect_request("/quiet.wav").respond_with_data(quiet)
    by_path = await call("submit_path", "quiet.wav", title="By path", labels=["a", "b"])
    by_url = await call("submit_url", media_server.url_for("/quiet.wav"), title="By URL")
    for ticket, title in ((by_path, "By path"), (by_url, "By URL")):
        job = await call("wait", ticket.job_id)
        assert job.completed and job.title == title
    with pytest.raises(Refused) as refusal:
        await call("submit_path", "/etc/passwd")
    assert (refusal.value.status, refusal.value.code) == (403, "source.forbidden")


async def test_a_refusal_has_the_words_of_the_service(call: Caller, quiet: bytes) -> None:
    with pytest.raises(Refused, match="no job") as unknown:
        await call("job", "no such?job")
    assert (unknown.value.status, unknown.value.code) == (404, "job.not_found")
    with pytest.raises(Refused, match="provider") as wrong:
        await call("upload", io.BytesIO(quiet), provider="nobody")
    assert wrong.value.status == 422 and wrong.value.code == "request.invalid"


async def test_wait_gives_up_when_its_time_is_over(spool: Spool, call: Caller, talk: Path) -> None:
    job_id = await at_work(spool, call, talk)
    job = await call("wait", job_id, timeout=0.2)
    assert not job.ended and job.status == "Transcribing"
    partial = await call("result", job_id)
    assert partial.status == "Transcribing" and partial.segments == ()
    await call("cancel", job_id)


async def test_jobs_are_cancelled_retried_and_deleted(
    spool: Spool, call: Caller, talk: Path
) -> None:
    job_id = await at_work(spool, call, talk)
    assert (await call("cancel", job_id)).status == "Cancelled"
    with pytest.raises(Refused) as conflict:
        await call("cancel", job_id)
    assert conflict.value.status == 409
    with pytest.raises(Refused):
        await call("result", job_id)
    spool.engine.hold.set()
    assert (await call("retry", job_id)).status != "Cancelled"  # or it runs by now
    assert (await call("wait", job_id)).completed
    assert await call("delete", job_id) is None
    with pytest.raises(Refused):
        await call("job", job_id)


async def test_jobs_are_listed_page_by_page(call: Caller, quiet: bytes) -> None:
    made = [(await call("upload", io.BytesIO(quiet))).job_id for _ in range(3)]
    for job_id in made:
        await call("wait", job_id)
    first = await call("jobs", status="completed", limit=2)
    assert [job.job_id for job in first.jobs] == made[:0:-1]
    second = await call("jobs", status="completed", limit=1, cursor=first.cursor)
    assert [job.job_id for job in second.jobs] == made[:1]


async def test_dead_letters_are_listed_and_replayed(spool: Spool, call: Caller, talk: Path) -> None:
    crash = EngineCrashed("died", exit_status=-11, last_lines="last words")
    spool.engine.failures = {0: [crash, crash]}
    job = await call("wait", (await call("upload", talk)).job_id)
    assert job.dead_letter and job.error is not None and job.error.code == "engine.crashed"
    assert job.history[0].exit_status == -11
    assert [each.job_id for each in await call("dead_letters")] == [job.job_id]
    assert not (await call("replay", job.job_id)).dead_letter  # it waits, or runs by now
    assert (await call("wait", job.job_id)).completed
    assert await call("replay_all") == ()


async def test_moments_are_found(spool: Spool, call: Caller, talk: Path) -> None:
    spool.engine.texts = {0: " We choose to go to the moon."}
    ticket = await call("upload", talk, asset_id="moon", labels=["nasa"], title="Rice")
    await call("wait", ticket.job_id)
    since = datetime(2020, 1, 1, tzinfo=UTC)
    found = await call("search", "moon", labels=["nasa"], since=since, limit=1, asset_id="moon")
    [hit] = found.hits
    assert (hit.asset_id, hit.title, hit.text) == ("moon", "Rice", "We choose to go to the moon.")
    assert 0 <= hit.start < hit.end and "keyword" in hit.why and hit.score > 0
    assert found.mode == "hybrid" and found.notice is None
    assert (await call("search", "moon", until=since)).hits == ()


async def test_webhooks_are_listed_shown_and_sent_again(
    call: Caller, media_server: HTTPServer, quiet: bytes
) -> None:
    media_server.expect_request("/hook").respond_with_data("")
    hook = media_server.url_for("/hook")
    ticket = await call("upload", io.BytesIO(quiet), webhook_url=hook)
    await call("wait", ticket.job_id)
    [delivery] = (await call("deliveries", job_id=ticket.job_id, limit=5)).deliveries
    assert (delivery.job_id, delivery.event) == (ticket.job_id, "job.completed")
    assert (await call("delivery", delivery.id)).id == delivery.id
    assert (await call("replay_delivery", delivery.id)).id == delivery.id
    with pytest.raises(Refused) as refusal:
        await call("delivery", "nothing")
    assert refusal.value.code == "webhook.not_found"


async def test_a_job_is_followed_by_its_events(spool: Spool, call: Caller, talk: Path) -> None:
    spool.engine.texts = {0: " One.", 1: " Two.", 2: " Three."}
    ticket = await call("upload", talk)
    events = await call.events(ticket.job_id)
    assert events[0].kind == "state" and events[-1].kind == "done"
    heard = [event.segment for event in events if event.segment]
    assert heard == list((await call("result", ticket.job_id)).segments)
    assert [event.id for event in events if event.segment] == ["1", "2", "3"]
    assert events[-1].data["status"] == "Completed"
    with pytest.raises(Refused):
        await call.events("nothing")


async def test_engines_are_told_and_chosen(call: Caller) -> None:
    found = await call("engines")
    assert (found.default.provider, found.default.model) == ("faster_whisper", "base")
    assert "faster_whisper" in {provider.provider for provider in found.providers}
    assert (await call("set_engine", "faster_whisper", "base")).default == found.default
    with pytest.raises(Refused):
        await call("set_engine", "nobody", "base")


async def test_keys_are_made_listed_changed_and_revoked(call: Caller) -> None:
    made = await call("create_key", "mine", ["read", "ingest"])
    assert made.secret and set(made.scopes) == {"read", "ingest"}
    assert made.secret not in repr(await call("keys"))
    assert (await call("change_key", made.key_id, quota_jobs=3, quota_bytes=5)).quota_jobs == 3
    changed = await call("change_key", made.key_id, quota_jobs=None)
    assert (changed.quota_jobs, changed.quota_bytes) == (None, 5), "what is left out stays"
    assert await call("revoke_key", made.key_id) is None
    [key] = [key for key in await call("keys") if key.key_id == made.key_id]
    assert key.revoked_at is not None and key.name == "mine"


async def test_a_transcript_is_shared_and_no_longer(spool: Spool, call: Caller, talk: Path) -> None:
    job = await call("wait", (await call("upload", talk)).job_id)
    made = await call("share", job.asset_id, expires_in=3600)
    assert (made.expires_at - made.created_at).total_seconds() == 3600
    assert (await spool.http.get(made.url)).status_code == 200
    [share] = await call("shares", job.asset_id)
    assert share.share_id == made.share_id and share in await call("shares")
    assert "url" not in share.raw
    assert await call("unshare", share.share_id) is None
    assert (await spool.http.get(made.url)).status_code == 404
    with pytest.raises(Refused) as refusal:
        await call("unshare", share.share_id)
    assert refusal.value.code == "share.not_found"


async def test_both_clients_have_the_same_calls() -> None:
    def calls(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert calls(SyncSpool) - {"close"} == calls(AsyncSpool) - {"aclose"}


async def test_assets_are_listed_shown_corrected_and_deleted(call: Caller, quiet: bytes) -> None:
    ticket = await call("upload", io.BytesIO(quiet), filename="x.wav", asset_id="mine/of assets")
    assert (await call("wait", ticket.job_id)).completed
    page = await call("assets", media_type="audio", limit=200)
    [listed] = [asset for asset in page.assets if asset.asset_id == "mine/of assets"]
    assert (listed.title, listed.job_id, listed.status) == ("x.wav", ticket.job_id, "Completed")
    edited = await call("edit_asset", "mine/of assets", title="Named", labels=["a"], speakers={})
    assert (edited.title, edited.labels) == ("Named", ("a",))
    shown = await call("asset", "mine/of assets")
    assert shown.title == "Named" and shown.created_at <= shown.updated_at
    assert shown.revision > listed.revision and shown.media and shown.waveform
    assert await call("delete_asset", "mine/of assets") is None
    with pytest.raises(Refused) as gone:
        await call("asset", "mine/of assets")
    assert gone.value.status == 404


async def test_figures_and_what_is_at_work_are_told(spool: Spool, call: Caller, talk: Path) -> None:
    job_id = await at_work(spool, call, talk)
    load = await call("processing")
    assert [job.job_id for job in load.active_jobs] == [job_id]
    assert load.system.workers.total >= 1 and load.system.capacity >= 1
    first, second = await call.figures(interval=0.05, count=2)
    assert first.jobs["running"] == 1 and first.disk == "ok"
    assert first.workers.total == load.system.workers.total and second.audio_rate is not None
    assert first.disk_free > 0 and first.data_bytes > 0
    assert first.at and second.at and first.at < second.at
    spool.engine.hold.set()
    assert (await call("wait", job_id)).completed


async def test_figures_that_are_refused_are_refused(call: Caller) -> None:
    with pytest.raises(Refused, match="interval") as refusal:
        await call.figures(interval=0.0, count=1)
    assert refusal.value.status == 422


async def test_a_picture_may_be_searched_with(call: Caller) -> None:
    with pytest.raises(Refused) as refusal:
        await call("search", image=b"no picture")
    assert refusal.value.status in (422, 503), "it was taken for one"
