"""A site pushes its pages: what changed is taken in, what is gone is taken out."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass

from app.domain.errors import NotFound
from app.domain.jobs import Job, JobOptions
from app.domain.media_types import TEXT_SUFFIXES, MediaType, media_suffix
from app.ports import JobStore
from app.services.assets import AssetService
from app.services.intake import Intake

SUFFIX = ".mdx"


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a site, by its slug, which is the name of the asset."""

    slug: str
    #: Of what it is now; None when it is gone.
    content: str | None
    options: JobOptions


@dataclass(frozen=True, kw_only=True)
class Synced:
    slug: str
    #: That takes it in; None when there is nothing to do, or nothing left.
    job: Job | None = None
    deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class SiteSync:
    store: JobStore
    service: AssetService
    intake: Intake

    async def push(self, page: Page) -> Synced:
        """Sent again, the same content does nothing, and what is gone stays gone."""
        if page.content is None:
            return await self._remove(page.slug)
        options = page.options.evolve(asset_id=page.slug, media_type=MediaType.TEXT)
        content = page.content.encode(errors="replace")
        if await self._is_known(content, options):
            return Synced(slug=page.slug)
        upload = await self.intake.receive_whole(_file_name(page.slug), content)
        job = await self.intake.submit_received(upload, options)
        return Synced(slug=page.slug, job=job)

    async def _remove(self, slug: str) -> Synced:
        with suppress(NotFound):
            await self.service.delete(slug)
        return Synced(slug=slug, deleted=True)

    async def _is_known(self, content: bytes, options: JobOptions) -> bool:
        """Whether the newest word on the page is this one; to look at it again brings none."""
        slug = options.asset_id or ""
        job = (await self.store.newest([slug], living=True)).get(slug)
        if job is None:
            return False
        same = job.sha256 == hashlib.sha256(content).hexdigest()
        return same and job.options == await self.intake.checked(options)


def _file_name(slug: str) -> str:
    return slug if media_suffix(slug) in TEXT_SUFFIXES else slug + SUFFIX
