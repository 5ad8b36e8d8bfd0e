"""The result document: what `GET /api/v1/jobs/{id}/result` answers and what `output_path` holds."""

from dataclasses import asdict
from typing import Any

from app.domain.assets import Asset
from app.domain.jobs import Job
from app.domain.transcript import LanguageDetection, Segment, Topic, Transcript, Word


def result_of(job: Job, asset: Asset, transcript: Transcript | None) -> dict[str, Any]:
    """Of a medium of any kind."""
    return result_document(job, transcript) if transcript else asset_document(job, asset)


def asset_document(job: Job, asset: Asset) -> dict[str, Any]:
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
        "warnings": [asdict(warning) for warning in job.warnings],
    }


def result_document(job: Job, transcript: Transcript) -> dict[str, Any]:
    """Plain JSON types. Times in seconds; `words` only where they were asked for."""
    return {
        "job_id": job.job_id,
        "title": job.title,
        "transcript": transcript.text,
        "segments": segment_rows(transcript.segments),
        "language_detection": detection_row(transcript.language_detection),
        "topics": topic_rows(transcript.topics),
        "duration": transcript.duration,
        "provider": transcript.provider,
        "model": transcript.model,
        "warnings": [asdict(warning) for warning in job.warnings],
    }


def segment_rows(segments: tuple[Segment, ...]) -> list[dict[str, Any]]:
    return [_segment_row(number, segment) for number, segment in enumerate(segments)]


def detection_row(detection: LanguageDetection | None) -> dict[str, Any] | None:
    return None if detection is None else asdict(detection)


def topic_rows(topics: tuple[Topic, ...] | None) -> list[dict[str, Any]]:
    """Empty also where nobody asked for them."""
    return [asdict(topic) for topic in topics or ()]


def _segment_row(number: int, segment: Segment) -> dict[str, Any]:
    row = {
        "id": number,
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": segment.text,
        "avg_logprob": _rounded(segment.avg_logprob),
        "no_speech_prob": _rounded(segment.no_speech_prob),
    }
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
