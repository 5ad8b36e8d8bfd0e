"""What goes into a JSON column comes out again."""

import json
import math
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.sql import codec
from app.adapters.sql.cursor import Cursor, decode_cursor
from app.domain.errors import InvalidRequest
from app.domain.jobs import JobOptions, JobWarning, Task
from app.domain.transcript import (
    LanguageDetection,
    LanguageGuess,
    Repair,
    Segment,
    WindowTranscript,
    Word,
)

numbers = st.floats(allow_nan=False, allow_infinity=False)
words = st.builds(Word, start=numbers, end=numbers, text=st.text(), probability=st.none() | numbers)
segments = st.builds(
    Segment,
    start=numbers,
    end=numbers,
    text=st.text(),
    avg_logprob=st.none() | numbers,
    no_speech_prob=st.none() | numbers,
    words=st.lists(words, max_size=3).map(tuple),
)
repairs = st.builds(Repair, start=numbers, end=numbers, reason=st.text(), way=st.text())
windows = st.builds(
    WindowTranscript,
    number=st.integers(0),
    segments=st.lists(segments, max_size=3).map(tuple),
    language=st.none() | st.text(),
    repair=st.none() | repairs,
)
guesses = st.builds(LanguageGuess, language=st.text(), confidence=numbers)
detections = st.builds(
    LanguageDetection,
    language=st.text(),
    confidence=numbers,
    alternatives=st.lists(guesses, max_size=3).map(tuple),
)
texts = st.none() | st.text()
options = st.builds(
    JobOptions,
    language=texts,
    task=st.sampled_from(Task),
    provider=texts,
    model=texts,
    prompt=texts,
    word_timestamps=st.booleans(),
    asset_id=texts,
    title=texts,
    labels=st.lists(st.text(), max_size=3).map(tuple),
)


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value, allow_nan=False))


@given(options)
def test_options_come_back_as_they_were(given_options: JobOptions) -> None:
    row = through_json(codec.options_to_json(given_options))
    assert codec.options_from_json(row) == given_options


@given(windows)
def test_windows_come_back_as_they_were(window: WindowTranscript) -> None:
    row = through_json(codec.window_to_json(window))
    assert codec.window_from_json(window.number, row) == window


def test_windows_from_before_repairs_were_told_are_still_read() -> None:
    row = {"segments": [], "language": "en"}
    assert codec.window_from_json(3, row) == WindowTranscript(number=3, segments=(), language="en")


@given(st.lists(repairs))
def test_repairs_come_back_as_they_were(told: list[Repair]) -> None:
    assert codec.repairs_from_json(through_json(codec.repairs_to_json(told))) == tuple(told)


@given(st.lists(segments))
def test_segments_come_back_as_they_were(spoken: list[Segment]) -> None:
    row = through_json(codec.segments_to_json(spoken))
    assert codec.segments_from_json(row) == tuple(spoken)


@given(st.none() | detections)
def test_languages_come_back_as_they_were(detection: LanguageDetection | None) -> None:
    row = through_json(codec.language_to_json(detection))
    assert codec.language_from_json(row) == detection


@given(st.lists(st.builds(JobWarning, code=st.text(), message=st.text())))
def test_warnings_come_back_as_they_were(warnings: list[JobWarning]) -> None:
    row = through_json(codec.warnings_to_json(warnings))
    assert codec.warnings_from_json(row) == tuple(warnings)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_confidence_that_is_no_number_was_not_told(number: float) -> None:
    word = Word(start=0.0, end=1.0, text="x", probability=number)
    told = Segment(
        start=0.0, end=1.0, text="x", avg_logprob=number, no_speech_prob=number, words=(word,)
    )
    [kept] = codec.segments_from_json(through_json(codec.segments_to_json([told])))
    untold = replace(word, probability=None)
    assert kept == replace(told, avg_logprob=None, no_speech_prob=None, words=(untold,))


def test_keys_of_a_newer_version_are_passed_over() -> None:
    row = {**codec.options_to_json(JobOptions(title="x")), "of_a_newer": True}
    assert codec.options_from_json(row) == JobOptions(title="x")


def test_every_field_of_a_segment_is_written() -> None:
    """`_segment_to_json` names them one by one, for speed: none may be forgotten."""
    [row] = codec.segments_to_json([Segment(start=0.0, end=1.0, text="x")])
    assert set(row) == {field.name for field in fields(Segment)}


@given(st.datetimes(timezones=st.just(UTC)), st.uuids().map(str))
def test_cursors_come_back_as_they_were(created_at: datetime, job_id: str) -> None:
    cursor = Cursor(created_at=created_at, job_id=job_id)
    assert decode_cursor(cursor.encode()) == cursor


@given(st.text() | st.text(alphabet="ABCabc019-_=WyIl"))
def test_no_text_breaks_the_reading_of_cursors(text: str) -> None:
    try:
        cursor = decode_cursor(text)
    except InvalidRequest:
        return
    assert cursor.encode() == text


@pytest.mark.parametrize(
    "place",
    [
        '["2026-03-01T12:00:00", "7b2c9c3e-6f0a-4f57-9d2e-0f6f1c1b9f11"]',
        '["2026-03-01T12:00:00+00:00", "x"]',
        '["2026-03-01T12:00:00+00:00", 7]',
        '[7, "7b2c9c3e-6f0a-4f57-9d2e-0f6f1c1b9f11"]',
        '{"a": 1, "b": 2}',
        "[1, 2, 3]",
        "null",
        "[" * 100_000,
    ],
    ids=range(8),
)
def test_a_cursor_of_another_shape_is_refused(place: str) -> None:
    import base64

    with pytest.raises(InvalidRequest):
        decode_cursor(base64.urlsafe_b64encode(place.encode()).decode().rstrip("="))
