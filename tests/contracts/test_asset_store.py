"""What every `AssetStore` owes to its callers."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from app.domain.assets import Asset, AssetChanges, Picture, Tag, TextLine, asset_of
from app.domain.errors import Conflict, InvalidRequest, StorageError
from app.domain.jobs import Job, JobOptions
from app.domain.keyframes import frame_job_id
from app.domain.media_types import MediaType
from app.domain.pictures import Sight
from app.domain.transcript import Word
from app.domain.writing.formats import TextFormat
from tests.contracts.conftest import SteppedClock, Stores
from tests.contracts.jobs import add_job, claim, claimed_job, new_id
from tests.contracts.test_transcript_store import transcript

PICTURE = Picture(
    width=640,
    height=480,
    lines=(TextLine(text="Exit", score=0.75), TextLine(text="東京", score=0.5)),
    tags=(Tag(label="street sign", score=0.25),),
    visual=(0.5, -0.25, 1.0),
    visual_model="lite0",
)

VIDEO: dict[str, Any] = {"media_type": MediaType.VIDEO}
FRAME: dict[str, Any] = {"media_type": MediaType.KEYFRAME, "parent_id": "film"}


async def looked_at(stores: Stores, **options: object) -> tuple[Job, Asset]:
    """A picture, settled."""
    wishes = JobOptions(media_type=MediaType.IMAGE).evolve(**options)
    job = await claimed_job(stores.jobs, options=wishes)
    return job, await stores.assets.settle(job, asset_of(job, picture=PICTURE))


async def heard(stores: Stores, options: JobOptions | None = None) -> Asset:
    """Something spoken, with its transcript, by a job that has ended."""
    job = await claimed_job(stores.jobs, options=options)
    await stores.transcripts.save(job, transcript("said"))
    assert await stores.jobs.succeed(job, output_path=None)
    return await known(stores, job.asset_id)


async def known(stores: Stores, asset_id: str) -> Asset:
    asset = await stores.assets.get(asset_id)
    assert asset is not None
    return asset


async def unindexed(stores: Stores, generation: str, limit: int = 100) -> list[str]:
    return list(await stores.assets.unindexed(generation, limit))


async def test_a_settled_asset_comes_back_as_it_was(stores: Stores) -> None:
    job, asset = await looked_at(
        stores,
        asset_id="poster/1",
        title="Grüße",
        labels=("a", "b"),
        description="A sign",
        link="https://example.org/p",
        parent_id="film",
        at=12.5,
    )
    assert asset.picture == PICTURE and asset.revision == 1 and asset.indexed_in is None
    assert await stores.assets.get("poster/1") == asset
    assert await stores.assets.of_job(job.job_id) == asset
    assert (asset.title, asset.labels, asset.parent_id, asset.at) == (
        "Grüße",
        ("a", "b"),
        "film",
        12.5,
    )
    assert (asset.description, asset.link) == ("A sign", "https://example.org/p")


async def test_what_is_read_comes_back_with_what_its_owner_told(stores: Stores) -> None:
    job = await claimed_job(stores.jobs, options=JobOptions(media_type=MediaType.TEXT))
    told = {"tags": ["x"], "draft": False, "weight": 3}
    found = asset_of(job, text="# Ünï\n\ncode", text_format=TextFormat.MDX, metadata=told)
    await stores.assets.settle(job, found)
    asset = await known(stores, job.asset_id)
    assert asset.text == "# Ünï\n\ncode" and asset.metadata == told
    assert asset.text_format is TextFormat.MDX


async def test_speech_is_an_asset_once_its_transcript_is_saved(stores: Stores) -> None:
    job = await claimed_job(stores.jobs, options=JobOptions(title="A talk", labels=("x",)))
    assert await stores.assets.get(job.asset_id) is None
    await stores.transcripts.save(job, transcript("said"))
    asset = await known(stores, job.asset_id)
    assert (asset.title, asset.labels, asset.media_type) == ("A talk", ("x",), job.media_type)
    assert asset.job_id == job.job_id and asset.picture is None


async def test_taken_in_again_an_asset_is_replaced_by_a_newer_revision(stores: Stores) -> None:
    first, old = await looked_at(stores, asset_id="poster", title="old")
    second, new = await looked_at(stores, asset_id="poster", title="new")
    assert new.revision > old.revision
    assert (await known(stores, "poster")).title == "new"
    assert await stores.assets.of_job(first.job_id) is None
    assert await stores.assets.of_job(second.job_id) == new


async def test_taken_in_again_as_something_that_cannot_be_heard_its_words_go(
    stores: Stores,
) -> None:
    talk = await heard(stores, JobOptions(asset_id="talk"))
    await looked_at(stores, asset_id="talk")
    assert await stores.transcripts.load(talk.job_id) is None


async def test_a_stale_attempt_settles_nothing(stores: Stores) -> None:
    stale, asset = await looked_at(stores)
    await stores.jobs.retry(stale, StorageError("why"))
    await claim(stores.jobs, stale)
    with pytest.raises(Conflict):
        await stores.assets.settle(stale, replace(asset, title="stale"))
    assert await known(stores, asset.asset_id) == asset


@pytest.mark.parametrize("name", ["0b79e0c2-6d0f-4f4e-9f3c-5f4f3c2d1e0a", "x", "\ud800"])
async def test_what_is_not_there_is_none(stores: Stores, name: str) -> None:
    assert await stores.assets.get(name) is None
    assert await stores.assets.of_job(name) is None
    assert await stores.assets.edit(name, AssetChanges(title="t")) is None
    await stores.assets.unmark(name)


async def test_an_asset_goes_with_its_job(stores: Stores) -> None:
    job, asset = await looked_at(stores)
    assert await stores.jobs.succeed(job, output_path=None)
    assert await stores.jobs.delete(job.job_id)
    assert await stores.assets.get(asset.asset_id) is None


# lists


async def test_the_list_is_newest_first_in_pages(stores: Stores, clock: SteppedClock) -> None:
    made = []
    for number in range(5):
        clock.step(1)
        made.append((await looked_at(stores, asset_id=f"p{number}"))[1].asset_id)
    page = await stores.assets.list(limit=3)
    assert [each.asset_id for each in page.assets] == made[:1:-1] and page.cursor
    rest = await stores.assets.list(limit=3, cursor=page.cursor)
    assert [each.asset_id for each in rest.assets] == made[1::-1] and rest.cursor is None


async def test_key_frames_are_listed_when_they_are_asked_for(stores: Stores) -> None:
    _, image = await looked_at(stores, asset_id="photo")
    kind = MediaType.KEYFRAME
    _, frame = await looked_at(stores, asset_id="film#t=2", media_type=kind, parent_id="film")
    assert [a.asset_id for a in (await stores.assets.list()).assets] == [image.asset_id]
    for asked in ({"media_type": kind}, {"parent_id": "film"}):
        found = (await stores.assets.list(**asked)).assets
        assert [a.asset_id for a in found] == [frame.asset_id]
    assert (await stores.assets.list(media_type=MediaType.TEXT)).assets == ()
    assert (await stores.assets.count())[kind] == 1
    assert await stores.assets.ids() == {image.asset_id, frame.asset_id}


async def test_a_list_leaves_out_what_is_long(stores: Stores) -> None:
    """A page of texts may be a gigabyte."""
    job, image = await looked_at(stores)
    await stores.assets.settle(job, replace(image, text="a long one"))
    [listed] = (await stores.assets.list()).assets
    assert listed.text == "" and listed.picture == replace(PICTURE, visual=None)
    whole = await known(stores, image.asset_id)
    assert whole.text == "a long one" and whole.picture == PICTURE


@pytest.mark.parametrize("cursor", ["", "x", "e30", "\ud800"])
async def test_a_foreign_cursor_is_refused(stores: Stores, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        await stores.assets.list(cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 1001])
async def test_a_page_has_bounds(stores: Stores, limit: int) -> None:
    with pytest.raises(InvalidRequest, match="limit"):
        await stores.assets.list(limit=limit)


# edits


async def test_an_edit_changes_what_it_names_only(stores: Stores, clock: SteppedClock) -> None:
    _, asset = await looked_at(stores, title="old", labels=("a",))
    clock.step(1)
    changes = AssetChanges(title="new", description="d", metadata={"k": 1})
    edited = await stores.assets.edit(asset.asset_id, changes)
    assert edited is not None and edited == await known(stores, asset.asset_id)
    assert (edited.title, edited.description, edited.metadata) == ("new", "d", {"k": 1})
    assert edited.labels == ("a",) and edited.picture == PICTURE
    assert edited.revision == asset.revision + 1 and edited.updated_at > asset.updated_at


async def test_speakers_are_named_one_by_one(stores: Stores) -> None:
    asset = await heard(stores)
    told = (
        {"Speaker 1": "Ada", "Speaker 2": "Bob"},
        {"Speaker 2": "Eve"},
        {"Speaker 1": "Speaker 1"},
    )
    for names in told:
        edited = await stores.assets.edit(asset.asset_id, AssetChanges(speakers=names))
    assert edited is not None and edited.speakers == {"Speaker 2": "Eve"}
    many = {f"Speaker {number}": "Ada" for number in range(1001)}
    with pytest.raises(InvalidRequest, match="speakers"):
        await stores.assets.edit(asset.asset_id, AssetChanges(speakers=many))
    assert await known(stores, asset.asset_id) == edited


async def a_frame(stores: Stores, at: float, **told: object) -> Asset:
    """Of the video `film`, as its job emits it."""
    return (await looked_at(stores, **FRAME, at=at, asset_id=f"film#t={at:g}", **told))[1]


async def test_what_a_video_is_told_its_key_frames_are_told(stores: Stores) -> None:
    film = await heard(stores, JobOptions(asset_id="film", title="old", **VIDEO))
    frame = await a_frame(stores, 2, title="old", labels=("x",))
    own = await a_frame(stores, 4, title="mine", labels=("x",))
    _, other = await looked_at(stores, **{**FRAME, "parent_id": "other"}, title="old")
    for each in (frame, own, other):
        await stores.assets.mark_indexed(each, "one")
    changes = AssetChanges(title="new", labels=("y",), link="/film")
    await stores.assets.edit(film.asset_id, changes)
    after = await known(stores, frame.asset_id)
    assert (after.title, after.labels, after.link) == ("new", ("x",), "/film")
    assert after.picture == PICTURE
    assert (after.revision, after.indexed_in) == (frame.revision + 1, None)
    kept = await known(stores, own.asset_id)
    assert (kept.title, kept.labels, kept.link) == ("mine", ("x",), "/film")
    assert (await known(stores, other.asset_id)).indexed_in == "one"


async def test_key_frames_are_left_alone_by_what_they_do_not_have_from_their_video(
    stores: Stores,
) -> None:
    await heard(stores, JobOptions(asset_id="film", title="old", **VIDEO))
    frame = await a_frame(stores, 2, title="old")
    changes = AssetChanges(title="old", description="new", segments={0: "sad"})
    assert await stores.assets.edit("film", changes)
    assert await known(stores, frame.asset_id) == frame


async def test_a_key_frame_that_is_settled_late_is_told_what_its_video_was_told_meanwhile(
    stores: Stores,
) -> None:
    film = await heard(stores, JobOptions(asset_id="film", title="old", **VIDEO))
    options = JobOptions(title="old", asset_id="film#t=2", at=2, **FRAME)
    late = await claim(
        stores.jobs,
        await add_job(stores.jobs, job_id=frame_job_id(film.job_id, 2), options=options),
    )
    sent = await claimed_job(stores.jobs, options=options.evolve(asset_id="slide", title="mine"))
    await stores.assets.edit("film", AssetChanges(title="new", labels=("y",)))
    settled = await stores.assets.settle(late, asset_of(late, picture=PICTURE))
    assert (settled.title, settled.labels) == ("new", ("y",))
    mine = await stores.assets.settle(sent, asset_of(sent, picture=PICTURE))
    assert (mine.title, mine.labels) == ("mine", ())


async def test_a_key_frame_is_not_told_what_another_take_of_its_video_was_told(
    stores: Stores,
) -> None:
    await heard(stores, JobOptions(asset_id="film", title="old", labels=("x",), **VIDEO))
    again = await add_job(stores.jobs, options=JobOptions(asset_id="film", title="new", **VIDEO))
    options = JobOptions(title="new", asset_id="film#t=2", at=2, **FRAME)
    frame = await claim(
        stores.jobs,
        await add_job(stores.jobs, job_id=frame_job_id(again.job_id, 2), options=options),
    )
    settled = await stores.assets.settle(frame, asset_of(frame, picture=PICTURE))
    assert (settled.title, settled.labels) == ("new", ())


async def test_what_stands_in_a_picture_can_be_corrected(stores: Stores) -> None:
    _, asset = await looked_at(stores)
    edited = await stores.assets.edit(asset.asset_id, AssetChanges(text="Exit\n\nTokyo"))
    assert edited is not None and edited.picture is not None
    assert [line.text for line in edited.picture.lines] == ["Exit", "Tokyo"]
    assert edited.picture.visual == PICTURE.visual


async def test_corrected_segments_change_the_transcript(stores: Stores) -> None:
    asset = await heard(stores)
    edited = await stores.assets.edit(asset.asset_id, AssetChanges(segments={0: "sad"}))
    assert edited is not None and edited.revision == asset.revision + 1
    after = await stores.transcripts.load(asset.job_id)
    before = transcript("said")
    assert after is not None and after.segments[0] == replace(
        before.segments[0], text="sad", words=()
    )
    assert after.segments[1:] == before.segments[1:]


async def test_a_corrected_segment_keeps_the_times_of_the_words_that_it_keeps(
    stores: Stores,
) -> None:
    job = await claimed_job(stores.jobs)
    whole = transcript("said it")
    kept = Word(start=0.0, end=0.5, text="said", probability=0.75)
    words = (kept, Word(start=0.75, end=1.0, text="it", probability=0.5))
    spelled = replace(whole, segments=(replace(whole.segments[0], words=words),))
    await stores.transcripts.save(job, spelled)
    await stores.assets.edit(job.asset_id, AssetChanges(segments={0: "said so"}))
    after = await stores.transcripts.load(job.job_id)
    assert after is not None
    assert after.segments[0].words == (kept, Word(start=0.75, end=1.0, text="so"))


@pytest.mark.parametrize("number", [-1, 99])
async def test_a_segment_that_is_not_there_refuses_the_whole_edit(
    stores: Stores, number: int
) -> None:
    asset = await heard(stores)
    with pytest.raises(InvalidRequest, match=f"no segment {number}"):
        await stores.assets.edit(
            asset.asset_id, AssetChanges(title="new", segments={0: "sad", number: "x"})
        )
    assert await known(stores, asset.asset_id) == asset
    assert await stores.transcripts.load(asset.job_id) == transcript("said")


# what the index holds


async def test_an_asset_is_unindexed_until_it_is_marked(
    stores: Stores, clock: SteppedClock
) -> None:
    older = await heard(stores)
    clock.step(1)
    newer = await heard(stores)
    assert await unindexed(stores, "one") == [newer.asset_id, older.asset_id]
    assert await unindexed(stores, "one", limit=1) == [newer.asset_id]
    assert await stores.assets.behind("one") == 2
    await stores.assets.mark_indexed(newer, "one")
    assert await unindexed(stores, "one") == [older.asset_id]
    assert await stores.assets.behind("one") == 1


async def test_a_mark_counts_for_its_generation_of_the_index_only(stores: Stores) -> None:
    asset = await heard(stores)
    await stores.assets.mark_indexed(asset, "one")
    assert await unindexed(stores, "two") == [asset.asset_id]
    await stores.assets.mark_indexed(asset, "two")
    assert await unindexed(stores, "two") == []
    assert await unindexed(stores, "one") == [asset.asset_id]


@pytest.mark.parametrize("change", ["saved", "edited", "unmarked"])
async def test_a_change_takes_the_mark_away(stores: Stores, change: str) -> None:
    options = JobOptions(asset_id="talk-7")
    await stores.assets.mark_indexed(await heard(stores, options), "one")
    assert await unindexed(stores, "one") == []
    if change == "saved":
        await heard(stores, options)
    elif change == "edited":
        await stores.assets.edit("talk-7", AssetChanges(title="new"))
    else:
        await stores.assets.unmark("talk-7")
    assert await unindexed(stores, "one") == ["talk-7"]


@pytest.mark.parametrize("marked", [None, "one", "three"])
async def test_what_a_job_is_under_way_with_is_not_behind(
    stores: Stores, marked: str | None
) -> None:
    """It indexes that itself."""
    job, asset = await looked_at(stores)
    if marked:
        await stores.assets.mark_indexed(asset, marked)
    assert await unindexed(stores, "two") == []
    assert await stores.assets.behind("two") == 0
    await stores.jobs.fail(job, StorageError("why"))
    assert await unindexed(stores, "two") == [asset.asset_id]
    assert await stores.assets.behind("two") == 1


async def test_marking_a_revision_that_was_replaced_takes_the_mark_from_what_it_overwrote(
    stores: Stores,
) -> None:
    options = JobOptions(asset_id="talk-7")
    slow, newer, other = (
        await heard(stores, options),
        await heard(stores, options),
        await heard(stores),
    )
    for asset in (newer, other, slow):
        await stores.assets.mark_indexed(asset, "one")
    assert await unindexed(stores, "one") == [newer.asset_id]


async def test_marking_tells_whether_it_still_is_what_was_written(stores: Stores) -> None:
    asset = await heard(stores)
    assert await stores.assets.mark_indexed(asset, "one")
    await stores.assets.edit(asset.asset_id, AssetChanges(title="new"))
    assert not await stores.assets.mark_indexed(asset, "one")


async def test_a_mark_is_not_for_what_another_job_took_in_with_the_same_revision(
    stores: Stores,
) -> None:
    """Of an asset that was deleted, and taken in again, revisions count anew."""
    asset = await heard(stores)
    assert not await stores.assets.mark_indexed(replace(asset, job_id=new_id()), "one")
    assert await unindexed(stores, "one") == [asset.asset_id]


async def test_a_page_ends_in_a_cursor_that_is_short_whatever_letters_names_have(
    stores: Stores,
) -> None:
    names = [letter * 200 for letter in ("\u044f", "\u7de8", "\U0001f600")]
    for name in names:
        await heard(stores, JobOptions(asset_id=name))
    seen: list[Asset] = []
    cursor: str | None = None
    while (page := await stores.assets.list(limit=1, cursor=cursor)).cursor is not None:
        seen += page.assets
        cursor = page.cursor
        assert len(cursor) <= 1200
    assert {asset.asset_id for asset in (*seen, *page.assets)} == set(names)


async def test_marking_what_is_not_there_does_nothing(stores: Stores) -> None:
    here = await heard(stores)
    assert not await stores.assets.mark_indexed(replace(here, asset_id=new_id()), "one")
    assert await unindexed(stores, "one") == [here.asset_id]


async def test_times_are_aware(stores: Stores) -> None:
    asset = await heard(stores)
    assert isinstance(asset.created_at, datetime) and asset.created_at.tzinfo is not None


async def test_pictures_that_a_model_has_not_seen_are_told_by_id_page_by_page(
    stores: Stores,
) -> None:
    for name in ("c", "a", "b"):
        await looked_at(stores, asset_id=name)
    await heard(stores)
    assert await stores.assets.unseen("lite0", 9) == []
    first = await stores.assets.unseen("newer", 2)
    assert [asset.asset_id for asset in first] == ["a", "b"]
    rest = await stores.assets.unseen("newer", 2, after="b")
    assert [asset.asset_id for asset in rest] == ["c"]


async def test_a_sight_takes_the_place_of_the_last_and_has_to_be_indexed(stores: Stores) -> None:
    sight = Sight(model="newer", vector=(1.0, 0.5), tags=(Tag(label="cup", score=0.5),))
    _, asset = await looked_at(stores)
    await stores.assets.mark_indexed(asset, "g")
    assert await stores.assets.note_sight(asset, sight)
    after = await known(stores, asset.asset_id)
    assert after.picture == replace(
        PICTURE, visual=sight.vector, visual_model="newer", tags=sight.tags
    )
    assert (after.revision, after.indexed_in) == (asset.revision + 1, None)
    assert not await stores.assets.note_sight(asset, sight)  # of a revision that is no more
    assert (await known(stores, asset.asset_id)).revision == after.revision
    assert not await stores.assets.note_sight(await heard(stores), sight)


async def test_a_change_that_is_meant_for_one_revision_leaves_a_later_one_alone(
    stores: Stores,
) -> None:
    _, asset = await looked_at(stores)
    name, changes = asset.asset_id, AssetChanges(description="by a model")
    edited = await stores.assets.edit(name, AssetChanges(description="by its owner"))
    assert edited is not None
    assert await stores.assets.edit(name, changes, revision=asset.revision) is None
    assert await stores.assets.note_picture(asset, replace(PICTURE, lines=())) is None
    assert await known(stores, name) == edited
    assert await stores.assets.edit(name, changes, revision=edited.revision)


async def test_what_is_found_in_a_deleted_picture_is_not_told_of_the_next_of_its_name(
    stores: Stores,
) -> None:
    """Its revisions begin at 1 again."""
    job, first = await looked_at(stores, asset_id="poster")
    assert await stores.jobs.succeed(job, output_path=None)
    assert await stores.jobs.delete(job.job_id)
    _, second = await looked_at(stores, asset_id="poster")
    assert second.revision == first.revision
    assert await stores.assets.note_picture(first, replace(PICTURE, lines=())) is None
    assert await known(stores, "poster") == second


async def test_what_is_found_in_a_picture_leaves_what_is_said_of_it(stores: Stores) -> None:
    _, asset = await looked_at(stores)
    edited = await stores.assets.edit(asset.asset_id, AssetChanges(title="Hers", text=""))
    assert edited is not None and edited.picture is not None
    assert (edited.picture.lines, edited.picture.read) == ((), True)
    found = replace(edited.picture, lines=PICTURE.lines)
    noted = await stores.assets.note_picture(edited, found)
    assert noted is not None and noted == await known(stores, asset.asset_id)
    assert (noted.title, noted.picture, noted.indexed_in) == ("Hers", found, None)
    assert noted.revision == edited.revision + 1


async def test_stills_of_a_video_come_in_the_order_of_time(stores: Stores) -> None:
    await heard(stores, JobOptions(asset_id="film", **VIDEO))
    for at in (12.5, 2, 100):
        await a_frame(stores, at)
    await looked_at(stores, **{**FRAME, "parent_id": "other"})
    assert [(still.asset_id, still.at) for still in await stores.assets.stills("film")] == [
        ("film#t=2", 2.0),
        ("film#t=12.5", 12.5),
        ("film#t=100", 100.0),
    ]
    assert list(await stores.assets.stills("nobody")) == []
