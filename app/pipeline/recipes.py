"""Which filters a medium flows through. A new kind of medium is one recipe and one filter."""

from collections.abc import Awaitable, Callable, Mapping

from app.domain.jobs import Job
from app.domain.media_types import MediaType
from app.pipeline.embed import index
from app.pipeline.listen import listen
from app.pipeline.tools import Tools
from app.pipeline.topics import name_topics
from app.pipeline.work import Work

Filter = Callable[[Tools, Work], Awaitable[None]]
Recipe = tuple[Filter, ...]

RECIPES: Mapping[MediaType, Recipe] = {
    MediaType.AUDIO: (listen, index, name_topics),
    MediaType.VIDEO: (listen, index, name_topics),
}


def recipe_of(job: Job) -> Recipe:
    return RECIPES[job.media_type]
