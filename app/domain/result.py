"""The result document: what `GET /api/v1/jobs/{id}/result` answers and what `output_path` holds."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.domain.assets import NOTHING, Asset
from app.domain.jobs import Job
from app.domain.media_types import SPOKEN
from app.domain.models import shown_name
from app.domain.transcript import (
    Chapter,
    LanguageDetection,
    Repair,
    Segment,
    Topic,
    Transcript,
    Word,
)
from app.domain.writing.document import Reading
from app.domain.writing.formats import TextFormat


def result_of(
    job: Job, asset: Asset, transcript: Transcript | None, read: Reading
) -> dict[str, Any]:
    """Of a medium of any kind; `read` is for texts."""
    if transcript or asset.media_type in SPOKEN:
        return result_document(job, transcript or no_words(job), asset.speakers)
    return asset_document(job, asset, read)


def no_words(job: Job) -> Transcript:
    """Of a video without sound."""
    return Transcript(
        segments=(),
        language_detection=None,
        duration=job.duration or 0.0,
        provider=job.provider or "",
        model=job.model or "",
    )


def asset_document(job: Job, asset: Asset, read: Reading) -> dict[str, Any]:
    """Of what is looked at or read. Sizes in pixels."""
    picture = asset.picture
    return {
        "job_id": job.job_id,
        "asset_id": asset.asset_id,
        "media_type": asset.media_type.value,
        "title": asset.title,
        "description": asset.description,
        "text": picture.text if picture else asset.text,
        "tags": [asdict(tag) for tag in picture.tags] if picture else [],
        "width": picture.width if picture else None,
        "height": picture.height if picture else None,
        "metadata": dict(asset.metadata),
        **_outline(asset, read),
        "warnings": [asdict(warning) for warning in job.warnings],
    }


def _outline(asset: Asset, read: Reading) -> dict[str, Any]:
    """Of a text; `start` and `end` in characters of it."""
    document = read(asset.text, asset.text_format or TextFormat.PLAIN)
    return {
        "headings": [asdict(heading) for heading in document.headings],
        "passages": [
            {"anchor": each.anchor, "start": each.start, "end": each.end, "code": each.code}
            for each in document.passages
        ],
    }


def result_document(
    job: Job, transcript: Transcript, names: Mapping[str, str] = NOTHING
) -> dict[str, Any]:
    """Plain JSON types. Times in seconds; `words` and `speaker` only where they were asked for.

    `names`: of speakers, by their labels.
    """
    return {
        "job_id": job.job_id,
        "title": job.title,
        "transcript": transcript.text,
        "segments": segment_rows(transcript.named(names).segments),
        "language_detection": detection_row(transcript.language_detection),
        "topics": topic_rows(transcript.topics),
        "chapters": chapter_rows(transcript.chapters),
        "speakers": speaker_rows(transcript, names),
        "repairs": repair_rows(transcript.repairs),
        "duration": transcript.duration,
        "provider": transcript.provider,
        "model": shown_name(transcript.model),
        "warnings": [asdict(warning) for warning in job.warnings],
    }


def segment_rows(segments: tuple[Segment, ...]) -> list[dict[str, Any]]:
    return [segment_row(number, segment) for number, segment in enumerate(segments)]


def detection_row(detection: LanguageDetection | None) -> dict[str, Any] | None:
    return None if detection is None else asdict(detection)


def topic_rows(topics: tuple[Topic, ...] | None) -> list[dict[str, Any]]:
    """Empty also where nobody asked for them."""
    return [asdict(topic) for topic in topics or ()]


def chapter_rows(chapters: tuple[Chapter, ...] | None) -> list[dict[str, Any]]:
    """Empty also where nobody asked for them."""
    return [
        {"start": round(each.start, 3), "end": round(each.end, 3), "title": each.title}
        for each in chapters or ()
    ]


def speaker_rows(
    transcript: Transcript, names: Mapping[str, str] = NOTHING
) -> list[dict[str, Any]]:
    """By label, and how long each of them speaks. Empty also where nobody asked for them."""
    seconds = dict.fromkeys(transcript.speakers, 0.0)
    for segment in transcript.segments:
        if segment.speaker:
            seconds[segment.speaker] += segment.end - segment.start
    return [
        {"speaker": label, "name": names.get(label, label), "seconds": round(spoken, 3)}
        for label, spoken in seconds.items()
    ]


def repair_rows(repairs: tuple[Repair, ...]) -> list[dict[str, Any]]:
    """Of the windows that were heard again; empty also of engines that do not tell."""
    return [
        {
            "start": round(each.start, 3),
            "end": round(each.end, 3),
            "reason": each.reason,
            "way": each.way,
        }
        for each in repairs
    ]


def segment_row(number: int, segment: Segment) -> dict[str, Any]:
    row = {
        "id": number,
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": segment.text,
        "avg_logprob": _rounded(segment.avg_logprob),
        "no_speech_prob": _rounded(segment.no_speech_prob),
    }
    if segment.speaker:
        row["speaker"] = segment.speaker
    if segment.words:
        row["words"] = [_word_row(word) for word in segment.words]
    return row


def _word_row(word: Word) -> dict[str, Any]:
    return {
        "start": round(word.start, 3),
        "end": round(word.end, 3),
        "text": word.text,
        "probability": _rounded(word.probability),
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
