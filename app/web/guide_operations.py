"""What the guide answers."""

from app.domain.guide import PICTURES
from app.web.cached_answers import HAVE, kept
from app.web.operation import HTML, Operation
from app.web.schemas import NoQuery

HOME = Operation(
    name="guide",
    summary="The guide, and what is in it",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers=kept("The page.", HTML),
    pages=True,
)

PAGE = Operation(
    name="guide_page",
    summary="A page of the guide, or a picture in it",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers=kept("The page.", HTML, *PICTURES.values()),
    refusals=(404,),
    pages=True,
)
