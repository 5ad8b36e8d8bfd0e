"""The result document: what `GET /api/v1/jobs/{id}/result` answers and what `output_path` holds."""

from dataclasses import asdict
from typing import Any

from app.domain.jobs import Job
from app.domain.models import shown_name
from app.domain.transcript import LanguageDetection, Segment, Topic, Transcript, Word


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
        "model": shown_name(transcript.model),
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
