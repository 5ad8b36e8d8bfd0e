"""Key-frames: the pictures of a video that are worth finding."""

import uuid
from dataclasses import dataclass
from pathlib import Path

from app.domain.media_types import in_seconds


@dataclass(frozen=True, kw_only=True)
class Keyframe:
    #: Seconds from the beginning of the video.
    at: float
    #: Where its JPEG lies in the file of the reel, in bytes.
    first: int
    size: int


@dataclass(frozen=True, kw_only=True)
class Reel:
    """The key-frames of one video, one after the other in a file."""

    path: Path
    #: In order of time; none where nothing can be seen.
    frames: tuple[Keyframe, ...]
    #: Of the video, as its container tells; None when it does not.
    seconds: float | None = None
    #: Seconds behind which nothing was looked for; None where all of it was.
    until: float | None = None

    def jpeg(self, frame: Keyframe) -> bytes:
        """Blocks. Raises OSError."""
        with self.path.open("rb") as file:
            file.seek(frame.first)
            return file.read(frame.size)


def frame_job_id(video_job_id: str, at: float) -> str:
    """Always the same for the same second of the same job: taken in again, it is there already."""
    return str(uuid.uuid5(uuid.UUID(video_job_id), in_seconds(at)))


def emitted(job_id: str) -> bool:
    """Whether it is a job that a video's job gave rise to: what clients send gets random ids."""
    return uuid.UUID(job_id).version == 5
