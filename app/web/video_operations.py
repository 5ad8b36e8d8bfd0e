"""What the routes of the `/video` family take and answer."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.domain.keys import Scope
from app.web.answers import Answered
from app.web.ingest_operations import KEY
from app.web.job_answers import Segment
from app.web.operation import BYTES, FORM, JSON, Answer, Operation
from app.web.schemas import Given, NoQuery

TAG = "video"


class VideoForm(Given):
    file: Annotated[bytes, Field(description="An MP4.")]


class VideoTicket(Answered):
    job_id: UUID


class VideoStatus(Answered):
    job_id: UUID
    status: Literal["pending", "running", "failed", "completed"]
    progress: Literal[0.0, 0.5, 1.0]  # type: ignore[valid-type]


class VideoSegment(Segment):
    type: Literal["segment"]


class VideoResults(Answered):
    job_id: UUID
    results: list[VideoSegment]


SUBMIT = Operation(
    name="video_submit",
    summary="Take an MP4 in",
    tag=TAG,
    scope=Scope.INGEST,
    description="As form file or raw body. Known by its first bytes, not by its name.",
    query=NoQuery,
    headers=KEY,
    body={FORM: VideoForm, BYTES: None, "video/mp4": None},
    answers={200: Answer(description="The job is committed.", content={JSON: VideoTicket})},
    refusals=(413, 415, 507),
)

STATUS = Operation(
    name="video_status",
    summary="Whether a job waits, runs or has ended",
    tag=TAG,
    scope=Scope.READ,
    query=NoQuery,
    answers={200: Answer(description="The job.", content={JSON: VideoStatus})},
    refusals=(404,),
)

RESULTS = Operation(
    name="video_results",
    summary="What came of a completed job",
    tag=TAG,
    scope=Scope.READ,
    query=NoQuery,
    answers={200: Answer(description="Its results.", content={JSON: VideoResults})},
    refusals=(404, 409),
)
