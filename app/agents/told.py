"""What tools answer. Times are seconds of the medium; links are whole addresses."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

GoOn = Annotated[str, Field(description="What to do next.")]
Complete = Annotated[
    bool, Field(description="false: the job is still at work, and more will be said.")
]


class Told(BaseModel):
    """What is not known is left out."""

    model_config = ConfigDict(frozen=True)


class Taken(Told):
    job_id: str
    asset_id: Annotated[str, Field(description="Names the medium in all other tools.")]
    status: str
    go_on: GoOn


class Trouble(Told):
    code: str
    message: str


class JobState(Told):
    job_id: str
    asset_id: str
    title: str
    status: Annotated[
        str,
        Field(
            description="Pending, MediaExtraction, Transcribing, Embedding, Completed, Failed or "
            "Cancelled."
        ),
    ]
    ended: bool
    stage: str | None = None
    progress: Annotated[float, Field(description="0 to 1.")]
    eta: Annotated[float | None, Field(description="Seconds until it ends, by guess.")] = None
    queue_position: Annotated[int | None, Field(description="While it waits; 1 is next.")] = None
    error: Annotated[Trouble | None, Field(description="Why it failed.")] = None
    warnings: Annotated[
        list[Trouble], Field(description="What went wrong without costing it its result.")
    ] = []
    go_on: GoOn


class Part(Told):
    """Of what is said, or of a text."""

    job_id: str
    title: str
    media_type: str | None = None
    language: str | None = None
    duration: Annotated[float | None, Field(description="Of the whole medium, in seconds.")] = None
    unit: Annotated[
        Literal["seconds", "characters"], Field(description="Of `start`, `end` and `next`.")
    ]
    start: float
    end: Annotated[float, Field(description="Where this part ends.")]
    next: Annotated[
        float | None,
        Field(description="`start` of the next part; left out where nothing follows."),
    ] = None
    complete: Complete
    text: str


class Found(Told):
    asset_id: str
    parent_id: Annotated[str | None, Field(description="Of a key-frame: its video.")] = None
    media_type: str
    title: str
    start: Annotated[
        float, Field(description="Second of the medium; of a text, number of a character.")
    ]
    end: float
    snippet: Annotated[str, Field(description="The words that matched stand in **.")]
    why: Annotated[
        list[str], Field(description="What found it: semantic, keyword, visual; one or more.")
    ]
    url: Annotated[str, Field(description="A page for people, at that moment.")]
    thumbnail: str | None = None


class Hit(Found):
    moments: Annotated[list[Found], Field(description="What else was found in it.")] = []
    more: Annotated[int, Field(description="How many more there are in it.")] = 0


class Hits(Told):
    hits: list[Hit]
    mode: Annotated[str, Field(description="The one that was really used.")]
    notice: str | None = None
    cursor: Annotated[str | None, Field(description="Fetches the next page.")] = None


class Spoken(Told):
    start: float
    end: float
    text: str
    speaker: str | None = None


class Chapter(Told):
    start: float
    end: float
    title: str


class Frame(Told):
    asset_id: str
    at: float
    url: str
    thumbnail: str | None = None


class Around(Told):
    asset_id: str
    title: str
    media_type: str
    at: float
    duration: float | None = None
    complete: Complete
    segments: list[Spoken]
    chapters: Annotated[
        list[Chapter], Field(description="Those that this lies in, where chapters are known.")
    ] = []
    frames: Annotated[list[Frame], Field(description="Key-frames of a video near it.")] = []
    url: str
    notice: str | None = None


class Listed(Told):
    asset_id: str
    media_type: str
    title: str
    labels: list[str] = []
    description: str | None = None
    parent_id: str | None = None
    at: float | None = None
    created_at: datetime | None = None
    job_id: str
    status: Annotated[str, Field(description="Of the newest job on it.")]
    url: str
    thumbnail: str | None = None


class Page(Told):
    """Newest first."""

    assets: list[Listed]
    cursor: Annotated[str | None, Field(description="Fetches the next page.")] = None
