"""A link by which somebody without a key reads one transcript, for a while."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Share:
    """All that is kept of a link; its token is shown once, and never stored."""

    share_id: str
    asset_id: str
    #: The job whose transcript it is: what a later job hears is not shared with it.
    job_id: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class SharePage:
    """Newest first. `cursor` fetches the next page; None on the last one."""

    shares: tuple[Share, ...]
    cursor: str | None = None
