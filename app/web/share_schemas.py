"""What may be asked about links to transcripts, and how they are shown."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.domain.shares import Share
from app.web.schemas import Given, KnownAsset

DAY = 24 * 60 * 60  # seconds
WEEK, YEAR = 7 * DAY, 365 * DAY


class NewShare(Given):
    asset_id: KnownAsset
    #: Seconds.
    expires_in: Annotated[int, Field(ge=1, le=YEAR)] = WEEK


class ShareQuery(Given):
    asset_id: KnownAsset | None = None


class SharedQuery(Given):
    format: Literal["html", "txt", "srt", "vtt"] = "html"


def shown(share: Share) -> dict[str, Any]:
    return {
        "share_id": share.share_id,
        "asset_id": share.asset_id,
        "created_at": share.created_at.isoformat(),
        "expires_at": share.expires_at.isoformat(),
    }


def made(share: Share, token: str) -> dict[str, Any]:
    return shown(share) | {"url": f"/shared/{token}"}
