"""How an engine should listen."""

from dataclasses import dataclass

from app.domain.jobs import Task


@dataclass(frozen=True, kw_only=True)
class DecodingOptions:
    """The same for all windows of a job, so that a resumed job reads like an unbroken one."""

    #: ISO 639-1 code; None lets the engine decide by window.
    language: str | None = None
    task: Task = Task.TRANSCRIBE
    prompt: str | None = None
    word_timestamps: bool = False
