"""A page about an asset, as HTML."""

from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path

import pytest
from hypothesis import given, settings

from app.domain.assets import Asset, Still
from app.domain.media_types import MediaType
from app.domain.transcript import Chapter, LanguageDetection, Segment, Topic, Transcript
from app.services.asset_pages import Shown
from app.web import shared_page, watch_shell
from app.web.watch_page import written
from app.web.watch_pictures import MOST_FRAMES
from app.web.watch_words import STRETCH, said
from tests.unit.parsed_pages import parsed
from tests.unit.strange_texts import EXAMPLES, FIVE

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_film(frames: int) -> Shown:
    asset = Asset(
        asset_id="film",
        media_type=MediaType.VIDEO,
        job_id="job",
        title="A film",
        created_at=NOW,
        updated_at=NOW,
    )
    stills = [Still(asset_id=f"film#t={at}", at=float(at)) for at in range(frames)]
    return Shown(asset=asset, frames=stills)


def transcript_of(segments: tuple[Segment, ...]) -> Transcript:
    return Transcript(
        segments=segments,
        language_detection=None,
        duration=float(len(segments)),
        provider="engine",
        model="model",
    )


def test_the_frame_of_pages_is_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first = written(a_film(1), None)
    monkeypatch.setattr(watch_shell, "PAGE", tmp_path)
    assert written(a_film(1), None) == first
    assert first.count("<title>A film · Spool</title>") == first.count('<main id="main"') == 1


def test_of_a_long_video_frames_from_all_over_it_are_shown() -> None:
    number = 8000
    page = written(a_film(number), 4001.0)
    assert page.count("<img") <= MOST_FRAMES + 1
    assert '<a class="here" href="?t=4001">' in page
    assert 'href="?t=0"' in page and 'href="?t=7984"' in page


def test_a_second_behind_the_first_hours_is_told_whole() -> None:
    asset = a_film(0).asset
    still = Still(asset_id="film#t=123456.789", at=123456.789)
    page = written(Shown(asset=asset, frames=[still]), 123456.789)
    assert '<a class="here" href="?t=123456.789">' in page


def test_whatever_is_told_becomes_text() -> None:
    evil = "\"><img src=x onerror=alert(1)>'"
    asset = replace(
        a_film(0).asset,
        asset_id=evil,
        title=evil,
        description=evil,
        labels=(evil,),
        speakers={"Speaker 1": evil},
    )
    transcript = Transcript(
        segments=(
            Segment(start=0.0, end=1.0, text=evil, speaker="Speaker 1"),
            Segment(start=1.0, end=2.0, text=evil, speaker=evil),
        ),
        language_detection=LanguageDetection(language=evil, confidence=1.0),
        duration=2.0,
        provider=evil,
        model=evil,
        topics=(Topic(topic=evil, score=1.0),),
        chapters=(Chapter(start=0.0, end=2.0, title=evil),),
    )
    stills = [Still(asset_id=evil, at=0.0)]
    page = written(Shown(asset=asset, transcript=transcript, frames=stills), 0.0)
    assert evil not in page and "<img src=x" not in page
    assert page.count(escape(evil)) >= 9  # title twice, and each of the others at least once


def told_by(texts: list[str]) -> tuple[Transcript, Shown]:
    """A video that has strangers' texts wherever it may have any, and is otherwise the same."""
    first, second, third, fourth, fifth = texts
    asset = replace(
        a_film(0).asset,
        asset_id=first,
        title=second,
        description=third,
        labels=(fourth, fifth),
        speakers={"Speaker 1": first},
    )
    transcript = Transcript(
        segments=(
            Segment(start=0.0, end=1.0, text=second, speaker="Speaker 1"),
            Segment(start=1.0, end=2.0, text=third, speaker=f"Speaker {fourth}"),
        ),
        language_detection=LanguageDetection(language=fifth, confidence=1.0),
        duration=2.0,
        provider=first,
        model=second,
        topics=(Topic(topic=third, score=1.0),),
        chapters=(Chapter(start=0.0, end=2.0, title=fourth),),
    )
    return transcript, Shown(
        asset=asset, transcript=transcript, frames=[Still(asset_id=fifth, at=0.0)]
    )


BENIGN = told_by(["a"] * 5)


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_whatever_strangers_write_the_page_has_its_own_elements_and_no_other(
    texts: list[str],
) -> None:
    texts = [_kept(f"a{text}") for text in texts]  # what is empty is not shown
    _, shown = told_by(texts)
    page = parsed(written(shown, 0.0))
    assert page.elements == parsed(written(BENIGN[1], 0.0)).elements
    assert page.values["data-title"] == [texts[1]]
    found = {each.strip() for each in page.texts}
    assert {text.strip() for text in texts[1:]} <= found


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_whatever_strangers_write_a_shared_page_has_its_own_elements_and_no_other(
    texts: list[str],
) -> None:
    texts = [_kept(f"a{text}") for text in texts]
    transcript, _ = told_by(texts)
    page = parsed(shared_page.written(texts[0], transcript))
    assert page.elements == parsed(shared_page.written("a", BENIGN[0])).elements
    found = {each.strip() for each in page.texts}
    assert {text.strip() for text in texts[:4]} <= found


def _kept(text: str) -> str:
    """As the database gives it back: without halves of letters."""
    return text.encode(errors="replace").decode()


def test_only_whoever_begins_to_speak_is_named() -> None:
    turns = [("Ada", "a"), ("Ada", "b"), ("Bob", "c"), ("Ada", "d"), (None, "e")]
    segments = tuple(
        Segment(start=float(number), end=number + 1.0, text=text, speaker=speaker)
        for number, (speaker, text) in enumerate(turns)
    )
    page = "".join(said(transcript_of(segments), {"Bob": "Robert"}))
    assert [each.split(":")[0] for each in page.split("<b>")[1:]] == ["Ada", "Robert", "Ada"]
    assert page.count('data-speaker="Ada"') == 3 and page.count('data-speaker="Bob"') == 1


def test_a_long_transcript_comes_in_stretches() -> None:
    number = 2 * STRETCH + 1
    segments = tuple(
        Segment(start=float(each), end=each + 1.0, text=f"word {each}") for each in range(number)
    )
    page = written(Shown(asset=a_film(0).asset, transcript=transcript_of(segments)), 15.0)
    assert page.count('<div class="stretch">') == 3 and page.count("<p id=") == number
    assert page.split('class="here"')[1].split("</p>")[0].endswith("<span>word 15</span>")


def test_a_video_in_which_nobody_speaks_says_so() -> None:
    page = written(Shown(asset=a_film(0).asset, transcript=transcript_of(())), None)
    assert "Nothing is said in it." in page and 'id="transcript"' not in page


def test_a_video_without_sound_says_what_is_found_of_it_all_the_same() -> None:
    page = written(a_film(2), None)
    assert "It has no sound" in page and "Its key-frames can be searched" in page
    assert 'data-waveform=""' in page


def test_a_text_in_which_nothing_is_written_says_so() -> None:
    asset = replace(a_film(0).asset, media_type=MediaType.TEXT)
    assert "Nothing is written in it." in written(Shown(asset=asset), None)


@pytest.mark.parametrize("link", ["//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_link_that_leads_nowhere_good_is_not_shown(link: str) -> None:
    shown = a_film(0)
    page = written(Shown(asset=replace(shown.asset, link=link)), None)
    assert f'href="{link}"' not in page and escape(link) not in page
