"""What the page and its files answer."""

from app.web.cached_answers import HAVE, kept
from app.web.operation import Operation
from app.web.schemas import NoQuery

HOME = Operation(
    name="home",
    summary="The page for people",
    tag="service",
    scope=None,
    description="It asks the other routes, with the key that it is given.",
    query=NoQuery,
    headers=HAVE,
    answers=kept("The page.", "text/html"),
    pages=True,
)

ICON = Operation(
    name="icon",
    summary="The icon, where browsers look for one",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers=kept("The icon.", "image/svg+xml"),
)

FILE = Operation(
    name="page_file",
    summary="What the page is made of",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers=kept("The file.", "text/css", "text/javascript", "text/plain", "image/svg+xml"),
    refusals=(404,),
)
