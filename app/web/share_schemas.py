"""What may be asked about links to transcripts, and how they are shown."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from app.domain.shares import Share, SharePage
from app.web.schemas import Given, KnownAsset, PageQuery

DAY = 24 * 60 * 60  # seconds
WEEK, YEAR = 7 * DAY, 365 * DAY


def _whole(value: object) -> object:
    """JSON knows one kind of number: `3600.0` is whole, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class NewShare(Given):
    asset_id: KnownAsset
    #: Seconds.
    expires_in: Annotated[int, Field(ge=1, le=YEAR), BeforeValidator(_whole)] = WEEK


class ShareQuery(PageQuery):
    asset_id: KnownAsset | None = None


class SharedQuery(Given):
    format: Literal["html", "txt", "srt", "vtt"] = "html"


def page_view(page: SharePage) -> dict[str, Any]:
    return {"shares": [shown(share) for share in page.shares], "cursor": page.cursor}


def shown(share: Share) -> dict[str, Any]:
    return {
        "share_id": share.share_id,
        "asset_id": share.asset_id,
        "created_at": share.created_at.isoformat(),
        "expires_at": share.expires_at.isoformat(),
    }


def made(share: Share, token: str) -> dict[str, Any]:
    return shown(share) | {"url": f"/shared/{token}"}
