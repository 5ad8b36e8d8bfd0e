"""What the routes of players take and answer."""

from typing import Annotated, Literal

from pydantic import Field

from app.domain.content_types import BYTES, CONTENT_TYPES
from app.domain.keys import Scope
from app.web.answers import Answered, Count
from app.web.cached_answers import CACHED, HAVE, UNCHANGED
from app.web.media import MediaQuery
from app.web.operation import JSON, Answer, Operation
from app.web.schemas import NoQuery

MEDIA = dict.fromkeys([*sorted({*CONTENT_TYPES.values()}), BYTES])
SENT = {
    **CACHED,
    "Last-Modified": "When the file was written.",
    "Accept-Ranges": "`bytes`.",
    "Content-Disposition": "`inline`, or `attachment`, with the name of the file.",
    "Content-Length": "Bytes of this answer.",
}


class Waveform(Answered):
    """As BBC's audiowaveform writes it."""

    version: Literal[2]
    channels: Literal[1]
    sample_rate: Count
    samples_per_pixel: Annotated[int, Field(ge=1, description="That a pair stands for.")]
    bits: Literal[8]
    length: Annotated[Count, Field(description="Pairs.")]
    data: Annotated[
        list[Annotated[int, Field(ge=-128, le=127)]],
        Field(description="The lowest sample and the highest, of one stretch after the other."),
    ]


GET_MEDIA = Operation(
    name="get_media",
    summary="A video, sound or picture itself",
    tag="assets",
    scope=Scope.READ,
    description="The bytes as they came, or one stretch of them. Of texts there are none.",
    query=MediaQuery,
    headers={
        "Range": "One stretch of bytes; of several all is sent.",
        "If-Range": "The ETag or the date of what you have: of another file all is sent.",
        **HAVE,
    },
    answers={
        200: Answer(description="All of it.", content=MEDIA, headers=SENT),
        206: Answer(
            description="The stretch.",
            content=MEDIA,
            headers={**SENT, "Content-Range": "Which bytes of how many."},
        ),
        304: UNCHANGED,
    },
    refusals=(404, 416),
)

GET_WAVEFORM = Operation(
    name="get_waveform",
    summary="How loud a medium is over time",
    tag="assets",
    scope=Scope.READ,
    description="Of what can be heard, as long as it may be; made when it is decoded.",
    query=NoQuery,
    headers=HAVE,
    answers={
        200: Answer(description="The waveform.", content={JSON: Waveform}, headers=CACHED),
        304: UNCHANGED,
    },
    refusals=(404,),
)
