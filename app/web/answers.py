"""What is answered, as models: the document is written from them, and a test holds it against them.

Here is what every surface shares; the rest stands in `<surface>_answers.py`.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Answered(BaseModel):
    """All that is listed is there, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Answered):
    code: Annotated[str, Field(description="Stable; the guide lists them.")]
    message: str
    hint: str | None
    job_id: Annotated[str, Field(default_factory=str, description="Where it is about a job.")]


class Error(Answered):
    error: Problem


class OpenAIProblem(Answered):
    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIError(Answered):
    """As OpenAI's service tells it."""

    error: OpenAIProblem
