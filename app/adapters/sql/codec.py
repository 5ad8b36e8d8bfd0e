"""Domain values to plain JSON types and back, for the JSON columns.

Reading passes over keys it does not know: a newer Spool may have written the row.
"""

import math
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from app.domain.jobs import AssetStage, JobOptions, JobWarning, Priority, Task
from app.domain.media_types import MediaType
from app.domain.transcript import (
    Chapter,
    LanguageDetection,
    LanguageGuess,
    Repair,
    Segment,
    Topic,
    WindowTranscript,
    Word,
)

Json = dict[str, Any]


def options_to_json(options: JobOptions) -> Json:
    plain = {
        "task": options.task.value,
        "priority": options.priority.value,
        "media_type": options.media_type and options.media_type.value,
        "asset_stage": options.asset_stage.value,
        "labels": list(options.labels),
    }
    return {**asdict(options), **plain}


def options_from_json(row: Json) -> JobOptions:
    told = known(JobOptions, row)
    media_type = row.get("media_type")
    kinds = {
        "task": Task(row["task"]),
        "priority": Priority(row.get("priority", "normal")),
        "media_type": MediaType(media_type) if media_type else None,
        "asset_stage": AssetStage(row.get("asset_stage", "initial")),
        "labels": tuple(row["labels"]),
    }
    return JobOptions(**{**told, **kinds})


def warnings_to_json(warnings: Iterable[JobWarning]) -> list[Any]:
    return [asdict(warning) for warning in warnings]


def warnings_from_json(rows: list[Any]) -> tuple[JobWarning, ...]:
    return tuple(JobWarning(**known(JobWarning, row)) for row in rows)


def segments_to_json(segments: Iterable[Segment]) -> list[Any]:
    return [_segment_to_json(segment) for segment in segments]


def segments_from_json(rows: list[Any]) -> tuple[Segment, ...]:
    return tuple(_segment_from_json(row) for row in rows)


def window_to_json(window: WindowTranscript) -> Json:
    return {
        "segments": segments_to_json(window.segments),
        "language": window.language,
        "repair": window.repair and asdict(window.repair),
    }


def window_from_json(number: int, row: Json) -> WindowTranscript:
    repair = row.get("repair")
    return WindowTranscript(
        number=number,
        segments=segments_from_json(row["segments"]),
        language=row["language"],
        repair=_repair_from_json(repair) if repair else None,
    )


def language_to_json(detection: LanguageDetection | None) -> Json | None:
    if detection is None:
        return None
    return {**asdict(detection), "alternatives": [asdict(each) for each in detection.alternatives]}


def language_from_json(row: Json | None) -> LanguageDetection | None:
    if row is None:
        return None
    guesses = tuple(LanguageGuess(**known(LanguageGuess, each)) for each in row["alternatives"])
    return LanguageDetection(**{**known(LanguageDetection, row), "alternatives": guesses})


def topics_to_json(topics: Iterable[Topic] | None) -> list[Any] | None:
    return None if topics is None else [asdict(topic) for topic in topics]


def topics_from_json(rows: list[Any] | None) -> tuple[Topic, ...] | None:
    return None if rows is None else tuple(Topic(**known(Topic, row)) for row in rows)


def chapters_to_json(chapters: Iterable[Chapter] | None) -> list[Any] | None:
    return None if chapters is None else [asdict(chapter) for chapter in chapters]


def chapters_from_json(rows: list[Any] | None) -> tuple[Chapter, ...] | None:
    return None if rows is None else tuple(Chapter(**known(Chapter, row)) for row in rows)


def repairs_to_json(repairs: Iterable[Repair]) -> list[Any]:
    return [asdict(repair) for repair in repairs]


def repairs_from_json(rows: list[Any] | None) -> tuple[Repair, ...]:
    """None: of a transcript that was saved before repairs were told."""
    return tuple(_repair_from_json(row) for row in rows or ())


def _repair_from_json(row: Json) -> Repair:
    return Repair(**known(Repair, row))


def _segment_to_json(segment: Segment) -> Json:
    return {
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "avg_logprob": _told(segment.avg_logprob),
        "no_speech_prob": _told(segment.no_speech_prob),
        "words": [_word_to_json(word) for word in segment.words],
        "speaker": segment.speaker,
    }


def _segment_from_json(row: Json) -> Segment:
    words = tuple(Word(**known(Word, word)) for word in row["words"])
    return Segment(**{**known(Segment, row), "words": words})


def _word_to_json(word: Word) -> Json:
    """By name: `asdict` takes ten times as long, and there are 10,000 of them an hour."""
    return {
        "start": word.start,
        "end": word.end,
        "text": word.text,
        "probability": _told(word.probability),
    }


def _told(number: float | None) -> float | None:
    """JSON has no NaN, and an engine that says NaN has told nothing."""
    return number if number is not None and math.isfinite(number) else None


def known(kind: type, row: Json) -> Json:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in row.items() if name in names}
