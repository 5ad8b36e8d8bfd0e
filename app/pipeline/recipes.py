"""Which filters a medium flows through. A new kind of medium is one recipe and one filter."""

from collections.abc import Awaitable, Callable, Mapping

from app.domain.errors import MediaUnsupported
from app.domain.jobs import AssetStage, Job
from app.domain.media_types import MediaType
from app.pipeline.chapters import name_chapters
from app.pipeline.describe import describe
from app.pipeline.embed import index
from app.pipeline.keyframes import drop_frames, watch
from app.pipeline.listen import listen
from app.pipeline.look import look
from app.pipeline.read import read
from app.pipeline.recall import recall
from app.pipeline.speakers import tell_speakers
from app.pipeline.tools import Tools
from app.pipeline.topics import name_topics
from app.pipeline.work import Work

Filter = Callable[[Tools, Work], Awaitable[None]]
Recipe = tuple[Filter, ...]

RECIPES: Mapping[MediaType, Recipe] = {
    MediaType.AUDIO: (listen, drop_frames, index, name_topics, name_chapters, tell_speakers),
    MediaType.IMAGE: (look, drop_frames, index, describe),
    MediaType.KEYFRAME: (look, drop_frames, index, describe),
    MediaType.TEXT: (read, drop_frames, index),
    MediaType.VIDEO: (watch, index, name_topics, name_chapters, tell_speakers),
}
#: Of an asset that is known: its labels came from elsewhere, or its index is made anew.
AGAIN: Recipe = (recall, index)


def recipe_of(job: Job) -> Recipe:
    """Raises MediaUnsupported where nothing is known to be done with such a medium."""
    if job.options.asset_stage is not AssetStage.INITIAL:
        return AGAIN
    recipe = RECIPES.get(job.media_type)
    if recipe is None:
        raise MediaUnsupported(f"{job.source_name}: there is no recipe for {job.media_type} media")
    return recipe
