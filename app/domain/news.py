"""What came of jobs, told as news."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class News:
    """A job that has ended: completed or failed."""

    job_id: str
    #: Also of a failed job: then there may be no such asset.
    asset_id: str
    title: str
    failed: bool
    ended_at: datetime
    #: The first words of what is known of the asset; of a failed job its error's message.
    words: str
