"""What clients may send about assets, in the words of the standard payload."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from app.domain.assets import AssetChanges
from app.domain.jobs import AssetStage, JobOptions
from app.domain.links import PATTERN
from app.domain.media_types import MediaType
from app.domain.plain_values import PlainValues
from app.web.schemas import (
    MOST_LETTERS,
    NO_ADDRESS,
    Given,
    KnownAsset,
    Labels,
    Name,
    NewAsset,
    PageQuery,
    Wishes,
    addressed,
)

MAX_BODY = 16 * 1024 * 1024  # bytes of JSON: whole texts come in it
MAX_SEGMENTS = 1000  # corrected in one go
MAX_PAGES = 200  # in one push


def _no_null(value: object) -> object:
    if value is None:
        raise ValueError("leave it out where nothing changes")
    return value


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """What no answer could show, or no database keep, would be an error for good."""
    if PlainValues().mapping(value) != value:
        raise ValueError("numbers are finite and within 2**53, words are Unicode without NUL")
    return value


#: Left out is not the same as null.
Told = BeforeValidator(_no_null)
Prose = Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$"), Told]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$"), Told]
#: Empty: it has none.
Link = Annotated[str, Field(max_length=2000, pattern=f"{PATTERN}|^$"), Told]
Place = Annotated[str, Field(min_length=1, max_length=4096)]
Metadata = Annotated[dict[str, Any], Field(max_length=100), AfterValidator(_plain), Told]


class CorrectedSegment(Given):
    #: As the result tells it.
    id: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")]


class Changes(Given):
    """What is not named stays as it is."""

    title: Annotated[Name, Told, Field(default_factory=str)]
    labels: Annotated[Labels, Told, Field(default_factory=tuple)]
    description: Annotated[Prose, Field(default_factory=str)]
    link: Annotated[Link, Field(default_factory=str)]
    text: Annotated[Text, Field(default_factory=str)]

    def changes(self) -> AssetChanges:
        told = Changes.model_fields.keys() & self.model_fields_set
        return AssetChanges(**{name: getattr(self, name) for name in told})


class AssetPatch(Changes):
    metadata: Metadata = Field(default_factory=dict)
    #: Names by speaker, as the result has them.
    speakers: Annotated[dict[Name, Name], Field(max_length=200), Told] = Field(default_factory=dict)
    segments: Annotated[
        tuple[CorrectedSegment, ...], Field(max_length=MAX_SEGMENTS, strict=False), Told
    ] = ()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name what changes")
        ids = [segment.id for segment in self.segments]
        if len(ids) > len(set(ids)):
            raise ValueError("segments: one is corrected twice")
        return self

    def changes(self) -> AssetChanges:
        plain = self.model_fields_set - {"segments"}
        told = {name: getattr(self, name) for name in plain}
        if "segments" in self.model_fields_set:
            told["segments"] = {segment.id: segment.text for segment in self.segments}
        return AssetChanges(**told)


class Extra(Wishes):
    """A source, what is told of the medium, and the options of a job."""

    path: Place | None = None
    url: Place | None = None
    text: Text | None = None
    description: Prose = ""
    link: Link = ""
    parent_id: Annotated[Name | None, Field(alias="parentId")] = None
    at: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @property
    def sources(self) -> list[str]:
        """Names of those that are given."""
        return [name for name in ("path", "url", "text") if getattr(self, name) is not None]

    def job_options(self) -> JobOptions:
        names = {*Wishes.model_fields, "description", "parent_id", "at"}
        told = {name: getattr(self, name) for name in names}
        return JobOptions(**told, link=self.link or None)


class AssetPayload(Given):
    asset_id: Annotated[
        KnownAsset,
        AfterValidator(addressed),
        Field(alias="assetId", json_schema_extra=NO_ADDRESS),
    ]
    media_type: Annotated[MediaType | None, Field(alias="mediaType", strict=False)] = None
    #: Milliseconds since the epoch.
    requested_at: Annotated[int | None, Field(alias="requestedAt", ge=0)] = None
    stage: Annotated[AssetStage, Field(strict=False)] = AssetStage.INITIAL
    extra: Extra = Extra()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        frame = self.media_type is MediaType.KEYFRAME
        placed = self.extra.parent_id is not None and self.extra.at is not None
        anywhere = self.extra.parent_id is not None or self.extra.at is not None
        if frame and self.stage is AssetStage.INITIAL and not placed:
            raise ValueError("extra: a keyframe needs parentId and at")
        if anywhere and not frame:
            raise ValueError("extra: parentId and at belong to a keyframe")
        if not frame and self.stage is AssetStage.INITIAL and len(self.asset_id) > MOST_LETTERS:
            raise ValueError(f"assetId: {MOST_LETTERS} letters at most")
        if self.extra.text is not None and self.media_type not in (MediaType.TEXT, None):
            if self.stage is AssetStage.INITIAL:
                raise ValueError("extra: text is the source of text alone")
        return self

    def job_options(self) -> JobOptions:
        return self.extra.job_options().evolve(
            asset_id=self.asset_id, media_type=self.media_type, asset_stage=self.stage
        )

    def changes(self) -> AssetChanges:
        """Of an asset that is known."""
        told = Changes.model_fields.keys() & self.extra.model_fields_set
        given = {name: getattr(self.extra, name) for name in told}
        return AssetChanges(**{name: value for name, value in given.items() if value is not None})


class AssetQuery(PageQuery):
    media_type: Annotated[MediaType, Field(strict=False)] | None = None
    parent_id: Name | None = None


class SitePage(Given):
    slug: NewAsset
    content: Annotated[str, Field(min_length=1, pattern=r"^[^\x00]*$")] | None = None
    deleted: bool = False
    title: Name | None = None
    labels: Labels = ()
    #: Where people find the page.
    url: Annotated[Link | None, Field()] = None

    @model_validator(mode="after")
    def _either(self) -> Self:
        if (self.content is None) != self.deleted:
            raise ValueError("either content, or deleted: true")
        return self

    def job_options(self) -> JobOptions:
        return JobOptions(title=self.title, labels=self.labels, link=self.url or None)


class SitePages(Given):
    """Many at once, in this order."""

    pages: Annotated[tuple[SitePage, ...], Field(min_length=1, max_length=MAX_PAGES, strict=False)]


class FiguresQuery(Given):
    #: Seconds between two lines.
    interval: Annotated[float, Field(ge=0.05, le=3600, allow_inf_nan=False)] = 1.0
    #: Lines; without it they go on until you hang up.
    count: Annotated[int, Field(ge=1, le=100_000)] | None = None
