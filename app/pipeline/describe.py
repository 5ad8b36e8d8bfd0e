"""A late step of a picture: somebody is asked what it shows. It never costs what was found."""

from loguru import logger

from app.domain.assets import Asset, AssetChanges
from app.domain.media_types import MediaType
from app.pipeline.bitmap import bitmap_of
from app.pipeline.embed import level
from app.pipeline.report import told
from app.pipeline.tools import Tools
from app.pipeline.work import Work


async def describe(tools: Tools, work: Work) -> None:
    """Only what nobody described yet. A failure, be it a fault of ours, is a warning."""
    describer = tools.pictures.describer
    if describer is None or work.found.description or not _is_wanted(tools, work):
        return
    try:
        description = await describer.describe(await bitmap_of(tools, work))
    except Exception as error:
        await work.report.warn("description.failed", f"not described: {told(error)}")
        return
    if description and (asset := await _noted(tools, work.found, description)):
        work.asset = asset
        logger.info("described in {} characters", len(description))
        await level(tools, work)


def _is_wanted(tools: Tools, work: Work) -> bool:
    return work.job.media_type is not MediaType.KEYFRAME or tools.pictures.describes_frames


async def _noted(tools: Tools, asset: Asset, description: str) -> Asset | None:
    """None when its owner described it meanwhile, deleted it, or took another picture in."""
    changes, now = AssetChanges(description=description), asset
    while True:
        if edited := await tools.assets.edit(now.asset_id, changes, revision=now.revision):
            return edited
        found = await tools.assets.of_job(asset.job_id)
        if found is None or found.description:
            return None
        now = found
