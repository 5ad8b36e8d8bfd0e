"""A late step of a picture: somebody is asked what it shows. It never costs what was found."""

from loguru import logger

from app.domain.assets import AssetChanges
from app.pipeline.embed import embed, told
from app.pipeline.fetch import fetch
from app.pipeline.tools import Tools
from app.pipeline.work import Work


async def describe(tools: Tools, work: Work) -> None:
    """Only what nobody described yet. A failure, be it a fault of ours, is a warning."""
    describer = tools.pictures.describer
    if describer is None or work.found.description:
        return
    try:
        source = await fetch(work.job, tools.blobs, tools.fetcher, lambda _: None)
        description = await describer.describe(source)
    except Exception as error:
        await work.report.warn("description.failed", f"not described: {told(error)}")
        return
    if description:
        changes = AssetChanges(description=description)
        work.asset = await tools.assets.edit(work.found.asset_id, changes) or work.asset
        logger.info("described in {} characters", len(description))
        await embed(work.found, None, tools.embedder, tools.index, tools.assets, work.report.warn)
