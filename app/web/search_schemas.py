"""What may be searched with, and what may be added to the index by itself."""

import base64
import math
from array import array
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from app.domain.clock import utc_now
from app.domain.media_types import MediaType
from app.domain.records import LATEST, MAX_RECORDS, Record, moment_id
from app.domain.search import Moment
from app.web.assets_schemas import Link
from app.web.schemas import Given, Labels, Name, SearchParameters, WrittenLabels

MAX_VECTOR = 4096  # numbers
LEAST, MOST = 2.0**-126, 2.0**127  # of a vector's square: whole in 32 bits


def _decoded(value: object) -> object:
    """Base64, with or without the head of a data URL."""
    if not isinstance(value, str):
        raise ValueError("a picture in Base64")
    text = value.partition(",")[2] if value.startswith("data:") else value
    picture = base64.b64decode(text, validate=True)
    if not picture:
        raise ValueError("an empty picture")
    return picture


def _numbers(value: object) -> object:
    """Base64 of 32-bit floats, little-endian, is a fifth of the size of JSON.

    Of too many numbers no more are looked at than it takes to refuse them.
    """
    if isinstance(value, list):
        return value[: MAX_VECTOR + 1]
    if not isinstance(value, str):
        return value
    numbers = array("f")
    try:
        numbers.frombytes(base64.b64decode(value, validate=True))
    except ValueError as error:
        raise ValueError("Base64 of 32-bit floats") from error
    return list(numbers)


def _with_direction(value: tuple[float, ...]) -> "array[float]":
    """Numbers are kept, and distances reckoned, in 32 bits: there this much is 0 or infinite."""
    numbers = array("f", value)
    if not LEAST <= math.hypot(*numbers) ** 2 <= MOST:
        raise ValueError("a vector of zeros, or beyond all measure, points nowhere")
    return numbers


Picture = Annotated[bytes, BeforeValidator(_decoded, json_schema_input_type=str)]
Number = Annotated[float, Field(strict=False, allow_inf_nan=False)]
Vector = Annotated[
    tuple[Number, ...],
    Field(min_length=1, max_length=MAX_VECTOR, strict=False),
    BeforeValidator(_numbers, json_schema_input_type=list[float] | str),
]


def _no_truth(value: object) -> object:
    """False is equal to 0, and so would do."""
    if isinstance(value, bool):
        raise ValueError("a number")
    return value


Seconds = Annotated[float, Field(ge=0, le=1e9, strict=False), BeforeValidator(_no_truth)]


def _no_number(value: object) -> object:
    """0 is equal to False, and so would do."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


Kept = Annotated[Literal[False], BeforeValidator(_no_number)]
Word = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class SearchBody(SearchParameters):
    """A text, a picture, or both."""

    q: Annotated[str, Field(max_length=2000)] = ""
    #: Find what looks like it: a picture in Base64.
    image: Picture | None = None


class SearchForm(SearchParameters):
    """The same with the picture as a file."""

    q: Annotated[str, Field(max_length=2000)] = ""
    labels: WrittenLabels = ()
    image: Annotated[bytes | None, Field(description="Find what looks like it.")] = None


class GivenRecord(Given):
    """One row of the index."""

    #: Sending it again replaces.
    id: Name
    #: What it is a moment of; its own name when left out.
    asset_id: Name | None = None
    parent_id: Word = ""
    media_type: Annotated[MediaType, Field(strict=False)] = MediaType.TEXT
    title: Word = ""
    text: Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")] = ""
    start: Seconds = 0.0
    end: Seconds = 0.0
    labels: Labels = ()
    link: Link = ""
    anchor: Word = ""
    #: Milliseconds since the epoch; now when left out.
    created_at: Annotated[int, Field(ge=0, le=LATEST)] | None = None
    #: Of the text, by the model that search uses; made here when left out.
    vector: Vector | None = None
    #: Of a picture, by the model for pictures.
    visual: Vector | None = None
    deleted: Kept = False

    def record(self) -> Record:
        now = int(utc_now().timestamp() * 1000)
        vector, visual = self.vector, self.visual
        moment = Moment(
            moment_id=moment_id(self.id),
            asset_id=self.asset_id or self.id,
            parent_id=self.parent_id,
            media_type=self.media_type,
            title=self.title or self.id,
            text=self.text,
            start=self.start,
            end=max(self.start, self.end),
            labels=self.labels,
            link=self.link,
            anchor=self.anchor,
            created_at=now if self.created_at is None else self.created_at,
            visual=None if visual is None else _with_direction(visual),
            record=True,
        )
        return Record(moment=moment, vector=None if vector is None else _with_direction(vector))


class RemovedRecord(Given):
    """It goes."""

    id: Name
    deleted: Literal[True]


class BulkRecords(Given):
    """The body of a bulk-add, as the document tells it; it is read record by record."""

    records: Annotated[
        tuple[GivenRecord | RemovedRecord, ...], Field(min_length=1, max_length=MAX_RECORDS)
    ]


class BuildQuery(Given):
    #: Seconds to wait for it.
    wait: Annotated[float, Field(ge=0, le=300, allow_inf_nan=False)] = 0.0


def record_of(given: Any) -> Record | str:
    """The record, or the moment that goes. Raises ValidationError."""
    if isinstance(given, dict) and given.get("deleted") is True:
        return moment_id(RemovedRecord.model_validate(given).id)
    return GivenRecord.model_validate(given).record()
