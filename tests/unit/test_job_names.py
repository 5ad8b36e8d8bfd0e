"""What a client calls its medium: it may say anything, and break nothing."""

from datetime import UTC, datetime

import pytest

from app.domain.jobs import Job, JobStatus, SourceKind
from app.domain.media_types import media_suffix

#: What `urlsplit` refuses, in one version of Python or another.
ODD = ("http://[x.mp4", "x://a\u2100b/c.mp3", "x://[::1]]/d.wav")


def job(name: str, source: SourceKind = SourceKind.URL) -> Job:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Job(
        job_id="j",
        status=JobStatus.PENDING,
        created_at=now,
        updated_at=now,
        source=source,
        source_name=name,
        input_path="somewhere",
    )


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("talk.MP4", ".mp4"),
        ("a?b#c.mp3", ".mp3"),
        ("http://host/talk.mp3?token=x.wav#y.ogg", ".mp3"),
        ("http://host.com", ".bin"),
        ("http://host/x://y.ogg", ".ogg"),
        ("http://[x.mp4", ".bin"),
        ("x://a\u2100b/c.mp3", ".mp3"),
        ("x://[::1]]/d.wav", ".wav"),
        ("talk.tar.reallylong", ".bin"),
        ("", ".bin"),
    ],
)
def test_the_suffix_is_that_of_the_path_whatever_the_name(name: str, suffix: str) -> None:
    assert media_suffix(name) == suffix


@pytest.mark.parametrize("kind", SourceKind)
@pytest.mark.parametrize("name", ODD)
def test_every_name_makes_a_title(kind: SourceKind, name: str) -> None:
    assert job(name, kind).title


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://host:8000/a/talk%201.mp3?token=x#y", "talk 1.mp3"),
        ("https://host:8000/a/folder/?token=x", "folder"),
        ("https://host:8000/?token=x", "host:8000"),
        ("https://host:8000?token=x", "host:8000"),
        ("https://user:secret@host", "host"),
    ],
)
def test_the_title_of_a_url_tells_no_secret(url: str, title: str) -> None:
    assert job(url).title == title
