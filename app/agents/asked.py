"""What tools are asked, told so that an agent that knows nothing of the service gets it right."""

from typing import Annotated, Literal

from pydantic import Field

from app.domain.jobs import Priority
from app.domain.media_types import MediaType
from app.domain.search import SearchMode

MOST_WAIT = 30  # seconds: clients give up on calls that last much longer
LEAST_TEXT, MOST_TEXT = 200, 50_000  # characters of one part
FAR = 300  # seconds
MOST_HITS = 25
MOST_ASSETS = 50
MAX_NAME = 1000  # characters; the service has its own limits

Form = Literal["timed", "txt", "srt", "vtt", "tsv", "lrc"]

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Labels = Annotated[list[str], Field(max_length=50)]

Source = Annotated[
    str,
    Field(
        min_length=1,
        max_length=4096,
        description="Where the medium is: an http(s) URL, or the path of a file.",
    ),
]
Language = Annotated[
    str | None,
    Field(description="What is spoken, as code or English name (de, German); else detected."),
]
Title = Annotated[
    str | None, Field(description="Shown and searched; the file's name when left out.")
]
GivenLabels = Annotated[Labels | None, Field(description="Words to narrow later searches by.")]
Topics = Annotated[
    bool, Field(description="Also find out what it is about, and where chapters begin.")
]
Diarize = Annotated[bool, Field(description="Also tell who speaks when; takes longer.")]
Turn = Annotated[
    Priority,
    Field(description="interactive: somebody waits for it, goes first; batch: when there is time."),
]

JobId = Annotated[Name, Field(description="As `ingest` answered it.")]
Wait = Annotated[
    float,
    Field(
        ge=0,
        le=MOST_WAIT,
        description="Seconds to wait for the end of the job before answering; 0: answer at once.",
    ),
]

AssetOrJob = Annotated[
    Name, Field(description="An `asset_id` (of `search`, `list_assets`) or a `job_id`.")
]
AssetId = Annotated[Name, Field(description="As `search` or `list_assets` answered it.")]
Start = Annotated[
    float,
    Field(
        ge=0,
        le=1e9,
        description="Where to begin: a second of the medium, or of a text the number of a "
        "character. For the next part: `next` of the last one.",
    ),
]
End = Annotated[
    float | None,
    Field(ge=0, description="Where to stop, in the same unit; the end when left out."),
]
Format = Annotated[
    Form,
    Field(
        description="timed: a line each, with its second: `[83.4] words`; txt: without times; "
        "srt, vtt, tsv, lrc: as such files."
    ),
]
Budget = Annotated[
    int,
    Field(
        ge=LEAST_TEXT,
        le=MOST_TEXT,
        description="Characters of one part, about; what does not fit comes with `next`.",
    ),
]

Query = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2000,
        pattern=r"\S",
        description="What to look for, in plain words: a question, a phrase, a name.",
    ),
]
Mode = Annotated[
    SearchMode,
    Field(description="hybrid: by meaning and by word; semantic or keyword: by one alone."),
]
Kind = Annotated[MediaType | None, Field(description="Only media of this kind.")]
WithLabels = Annotated[Labels | None, Field(description="Only media with all of these labels.")]
Within = Annotated[
    Name | None, Field(description="Only in this asset, and in the key-frames of it.")
]
Hits = Annotated[int, Field(ge=1, le=MOST_HITS, description="How many media to answer at most.")]
Cursor = Annotated[
    str | None, Field(max_length=2000, description="`cursor` of the page before this one.")
]

At = Annotated[float, Field(ge=0, le=1e9, description="The second of the medium to look at.")]
Before = Annotated[float, Field(ge=0, le=FAR, description="Seconds before it.")]
After = Annotated[float, Field(ge=0, le=FAR, description="Seconds after it.")]

Assets = Annotated[int, Field(ge=1, le=MOST_ASSETS, description="How many to answer at most.")]
Parent = Annotated[Name | None, Field(description="Only the key-frames of this video.")]
