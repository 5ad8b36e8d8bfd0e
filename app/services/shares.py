"""Links by which somebody without a key reads one transcript: made, opened, taken back."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from loguru import logger

from app.domain.assets import Asset
from app.domain.errors import Conflict, NotFound
from app.domain.shares import Share, SharePage
from app.domain.transcript import Transcript
from app.ports import AssetStore, ShareStore, TranscriptStore
from app.services.assets import AssetService

TOKEN_BYTES = 32
#: Longer ones are none of ours, and are not even hashed.
MAX_TOKEN = 200


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What a link opens."""

    asset: Asset
    #: With the names of those who speak.
    transcript: Transcript


@dataclass(frozen=True, kw_only=True)
class ShareService:
    store: ShareStore
    service: AssetService
    assets: AssetStore
    transcripts: TranscriptStore

    async def share(self, asset_id: str, lasts: timedelta) -> tuple[Share, str]:
        """The link and its token, which nobody can tell a second time.

        Raises NotFound, and Conflict where there is no transcript.
        """
        state = await self.service.get(asset_id)
        job_id = state.asset.job_id
        if not (state.kept and await self.transcripts.has(job_id)):
            raise Conflict(f"of {asset_id} there is no transcript", code="share.no_transcript")
        token = secrets.token_urlsafe(TOKEN_BYTES)
        share = await self.store.add(job_id=job_id, lasts=lasts, digest=_digest(token))
        logger.bind(asset_id=asset_id).info("shared until {}", share.expires_at)
        return share, token

    async def list(
        self, asset_id: str | None = None, *, limit: int, cursor: str | None
    ) -> SharePage:
        """Those that stand."""
        return await self.store.list(asset_id, limit=limit, cursor=cursor)

    async def revoke(self, share_id: str) -> None:
        """From now on it opens nothing. Raises NotFound."""
        if not await self.store.remove(share_id):
            raise NotFound(f"no link {share_id}", code="share.not_found")
        logger.info("the link {} is revoked", share_id)

    async def open(self, token: str) -> Shared:
        """What it leads to, as it is known now. Raises NotFound in the same words whatever became
        of it."""
        share = await self.store.find(_digest(token)) if len(token) <= MAX_TOKEN else None
        asset = await self.assets.of_job(share.job_id) if share else None
        transcript = await self.transcripts.load(asset.job_id) if asset else None
        if asset is None or transcript is None:
            raise NotFound("this link leads nowhere, or its time is over", code="share.not_found")
        return Shared(asset=asset, transcript=transcript.named(asset.speakers))


def _digest(token: str) -> str:
    """Plain SHA-256 is enough: nobody guesses 256 random bits, however fast the hash."""
    return hashlib.sha256(token.encode("utf-8", errors="surrogatepass")).hexdigest()
