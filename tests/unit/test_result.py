"""The result document: plain JSON with everything that clients read."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.domain.jobs import Job, JobOptions, JobStatus, JobWarning, SourceKind
from app.domain.result import result_document
from app.domain.transcript import (
    Chapter,
    LanguageDetection,
    LanguageGuess,
    Repair,
    Segment,
    Topic,
    Transcript,
    Word,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def a_job(
    source_name: str = "talk.mp4",
    *,
    source: SourceKind = SourceKind.UPLOAD,
    options: JobOptions | None = None,
    warnings: tuple[JobWarning, ...] = (),
) -> Job:
    return Job(
        job_id="0b0d3c4e-6c1f-4d53-9f3f-6f0d4b9d1a11",
        status=JobStatus.COMPLETED,
        created_at=NOW,
        updated_at=NOW,
        source=source,
        source_name=source_name,
        input_path="x",
        options=options or JobOptions(),
        warnings=warnings,
    )


def a_transcript(*segments: Segment, detection: LanguageDetection | None = None) -> Transcript:
    return Transcript(
        segments=segments,
        language_detection=detection,
        duration=11.0,
        provider="whisper_cpp",
        model="base",
    )


def row(**told: Any) -> dict[str, Any]:
    """A segment of the document, of an engine that tells nothing of silence."""
    return {**told, "no_speech_prob": None}


def test_the_document_is_json_and_holds_what_clients_read() -> None:
    detection = LanguageDetection(
        language="en",
        confidence=0.9,
        alternatives=(LanguageGuess(language="de", confidence=0.05),),
    )
    heard = a_transcript(
        Segment(start=0.0, end=1.23456, text=" Ask not", avg_logprob=-0.123456),
        Segment(start=2.0, end=3.0, text=" what"),
        detection=detection,
    )
    warning = JobWarning(code="media.truncated", message="cut off")
    document = json.loads(json.dumps(result_document(a_job(warnings=(warning,)), heard)))
    assert document == {
        "job_id": "0b0d3c4e-6c1f-4d53-9f3f-6f0d4b9d1a11",
        "title": "talk.mp4",
        "transcript": "Ask not what",
        "segments": [
            row(id=0, start=0.0, end=1.235, text=" Ask not", avg_logprob=-0.1235),
            row(id=1, start=2.0, end=3.0, text=" what", avg_logprob=None),
        ],
        "language_detection": {
            "language": "en",
            "confidence": 0.9,
            "alternatives": [{"language": "de", "confidence": 0.05}],
        },
        "topics": [],
        "chapters": [],
        "speakers": [],
        "repairs": [],
        "duration": 11.0,
        "provider": "whisper_cpp",
        "model": "base",
        "warnings": [{"code": "media.truncated", "message": "cut off"}],
    }


def test_words_are_there_only_when_the_engine_gave_them() -> None:
    word = Word(start=0.10004, end=0.5, text=" Ask", probability=0.98765)
    with_words = Segment(start=0.0, end=1.0, text=" Ask", words=(word,))
    without = Segment(start=1.0, end=2.0, text=" not")
    first, second = result_document(a_job(), a_transcript(with_words, without))["segments"]
    assert first["words"] == [{"start": 0.1, "end": 0.5, "text": " Ask", "probability": 0.9877}]
    assert "words" not in second


def test_topics_stand_in_the_document_best_first() -> None:
    topics = (Topic(topic="duty", score=0.5), Topic(topic="country", score=0.25))
    document = result_document(a_job(), replace(a_transcript(), topics=topics))
    assert document["topics"] == [
        {"topic": "duty", "score": 0.5},
        {"topic": "country", "score": 0.25},
    ]


def test_chapters_and_speakers_stand_in_the_document() -> None:
    said = [
        Segment(start=0.0, end=1.5, text="Ask", speaker="Speaker 1"),
        Segment(start=1.5, end=2.0, text="not", speaker="Speaker 2"),
        Segment(start=2.0, end=3.0, text="what"),
        Segment(start=3.0, end=4.0, text="your", speaker="Speaker 1"),
    ]
    chapters = (Chapter(start=0.00012, end=4.0, title="Country"),)
    heard = replace(a_transcript(*said), chapters=chapters)
    document = result_document(a_job(), heard, {"Speaker 2": "Ada"})
    assert document["chapters"] == [{"start": 0.0, "end": 4.0, "title": "Country"}]
    assert document["speakers"] == [
        {"speaker": "Speaker 1", "name": "Speaker 1", "seconds": 2.5},
        {"speaker": "Speaker 2", "name": "Ada", "seconds": 0.5},
    ]
    told = [segment.get("speaker") for segment in document["segments"]]
    assert told == ["Speaker 1", "Ada", None, "Speaker 1"]


def test_windows_that_were_heard_again_stand_in_the_document() -> None:
    repair = Repair(start=1.00012, end=9.5, reason="repetition", way="beam")
    document = result_document(a_job(), replace(a_transcript(), repairs=(repair,)))
    assert document["repairs"] == [
        {"start": 1.0, "end": 9.5, "reason": "repetition", "way": "beam"}
    ]


def test_silence_has_an_empty_transcript_and_no_language() -> None:
    document = result_document(a_job(), a_transcript())
    assert (document["transcript"], document["segments"]) == ("", [])
    assert document["language_detection"] is None


def test_a_medium_is_called_what_the_client_called_it() -> None:
    assert a_job("talk.mp4").title == "talk.mp4"
    assert a_job("talks/day one/talk.mp4", source=SourceKind.PATH).title == "talk.mp4"
    assert a_job("talk.mp4", options=JobOptions(title="The talk")).title == "The talk"


def test_the_title_of_a_url_is_its_file_name_without_the_query() -> None:
    def title(url: str) -> str:
        return a_job(url, source=SourceKind.URL).title

    assert title("https://example.org/talks/one.mp4?token=secret#t=3") == "one.mp4"
    assert title("https://example.org/day%20one.mp4") == "day one.mp4"
    assert title("https://example.org/") == "example.org"
    assert title("https://example.org?x=1") == "example.org"
