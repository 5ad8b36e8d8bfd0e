"""First filter of a job that looks at nothing again: what is known of the asset is taken up."""

from app.domain.errors import NotFound
from app.pipeline.tools import Tools
from app.pipeline.work import Work


async def recall(tools: Tools, work: Work) -> None:
    """Raises NotFound when the asset was deleted since it was asked for."""
    asset = await tools.assets.get(work.job.asset_id)
    if asset is None:
        raise NotFound(f"the asset {work.job.asset_id} is gone", code="asset.not_found")
    work.asset = asset
    work.transcript = await tools.transcripts.load(asset.job_id)
