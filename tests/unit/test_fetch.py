"""A copy of a medium that is fetched for a job goes, whatever becomes of the job."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from app.adapters.beneath import files_beneath
from app.domain.errors import Exhausted, NotFound, SourceGone, SpoolError, StorageError
from app.domain.jobs import Job, JobStatus, SourceKind
from app.pipeline.fetch import fetch
from app.ports import Progress
from app.services.roots import Roots

NOW = datetime(2026, 1, 2, tzinfo=UTC)
WORDS = b"what was sent"


@dataclass
class Copies:
    """A `Scratch` beside a store that is elsewhere."""

    folder: Path
    stored: bool = True
    #: Raised by what comes after the copy.
    trouble: SpoolError | None = None
    kept: list[str] = field(default_factory=list)

    def path(self, key: str) -> Path:
        return self.folder / key.replace("/", "_")

    async def bring(self, key: str) -> Path:
        if not self.stored:
            raise NotFound(f"no file {key}")
        written(place := self.path(key))
        return place

    async def keep(self, key: str) -> None:
        if self.trouble:
            raise self.trouble
        self.kept.append(key)

    def open(self, place: Path) -> BinaryIO:
        if self.trouble:
            raise self.trouble
        return place.open("rb")

    def let_go(self, place: Path) -> None:
        place.unlink(missing_ok=True)

    async def delete_file(self, key: str) -> bool:
        raise AssertionError

    def left(self) -> list[Path]:
        return list(self.folder.iterdir())


class Fetcher:
    """It brings the same from everywhere."""

    async def vet(self, url: str) -> None:
        raise AssertionError

    async def fetch(self, url: str, target: Path, progress: Progress) -> int:
        return written(target)


def written(place: Path) -> int:
    return place.write_bytes(WORDS)


def a_job(source: SourceKind) -> Job:
    return Job(
        job_id="0b0d3c4e-6c1f-4d53-9f3f-6f0d4b9d1a11",
        status=JobStatus.RUNNING,
        created_at=NOW,
        updated_at=NOW,
        source=source,
        source_name="talk.wav",
        input_path="https://media.example/talk.wav",
    )


async def fetched(source: SourceKind, copies: Copies) -> None:
    held = await fetch(a_job(source), copies, Fetcher(), Roots([], files_beneath()))
    assert held.size == len(WORDS) and copies.left()
    held.close()


@pytest.mark.parametrize("source", [SourceKind.UPLOAD, SourceKind.URL])
async def test_the_copy_goes_when_the_job_has_read_it(source: SourceKind, tmp_path: Path) -> None:
    copies = Copies(tmp_path, stored=source is SourceKind.UPLOAD)
    await fetched(source, copies)
    assert copies.left() == []
    assert len(copies.kept) == (source is SourceKind.URL)


@pytest.mark.parametrize("trouble", [Exhausted("too many open files"), NotFound("gone")])
async def test_a_copy_that_cannot_be_opened_goes(tmp_path: Path, trouble: SpoolError) -> None:
    """It stayed until the next start, and so did one of each other try."""
    copies = Copies(tmp_path, trouble=trouble)
    with pytest.raises((Exhausted, SourceGone)):
        await fetched(SourceKind.UPLOAD, copies)
    assert copies.left() == []


async def test_what_was_downloaded_and_cannot_be_kept_goes(tmp_path: Path) -> None:
    copies = Copies(tmp_path, stored=False, trouble=StorageError("no answer"))
    with pytest.raises(SpoolError, match="no answer"):
        await fetched(SourceKind.URL, copies)
    assert copies.left() == []
