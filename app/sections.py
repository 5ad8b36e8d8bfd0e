"""What sections of the settings are made of, and the one that has tables of its own."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.domain.media_types import MediaType
from app.domain.quotas import MOST_BYTES, MOST_JOBS


class Section(BaseModel):
    """What its `repr` does not show is a secret, or an address that may have a password in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


Days = Annotated[float, Field(ge=0, le=36500, allow_inf_nan=False)]


class RetentionRule(Section):
    """For jobs of this kind of medium, with this label; one of them at least."""

    media_type: MediaType | None = None
    label: Annotated[str, Field(min_length=1)] | None = None
    days: Days

    @model_validator(mode="after")
    def _is_for_something(self) -> Self:
        if self.media_type is None and self.label is None:
            raise ValueError("a rule names a media_type, a label, or both")
        if self.media_type is MediaType.KEYFRAME:
            raise ValueError("key-frames go with their video, and have no rule")
        return self


class Retention(Section):
    """0: for ever. Empty: as `ingestion.job_cleanup_days` says."""

    completed_days: Days | None = None
    failed_days: Days | None = None
    cancelled_days: Days | None = None
    #: They wait for somebody.
    dead_letter_days: Days = 0.0
    #: Of those that a job is of, the first counts.
    rules: tuple[RetentionRule, ...] = ()
    #: Of each API key that is not told one of its own; 0: none.
    quota_jobs: Annotated[int, Field(ge=0, le=MOST_JOBS)] = 0
    #: Bytes.
    quota_bytes: Annotated[int, Field(ge=0, le=MOST_BYTES)] = 0
