"""What the page and its files answer."""

from app.web.cached_answers import CACHED, HAVE, UNCHANGED
from app.web.operation import Answer, Operation
from app.web.schemas import NoQuery

HOME = Operation(
    name="home",
    summary="The page for people",
    tag="service",
    scope=None,
    description="It asks the other routes, with the key that it is given.",
    query=NoQuery,
    headers=HAVE,
    answers={
        200: Answer(description="The page.", content={"text/html": None}, headers=CACHED),
        304: UNCHANGED,
    },
)

ICON = Operation(
    name="icon",
    summary="The icon, where browsers look for one",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers={
        200: Answer(description="The icon.", content={"image/svg+xml": None}, headers=CACHED),
        304: UNCHANGED,
    },
)

FILE = Operation(
    name="page_file",
    summary="What the page is made of",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers={
        200: Answer(
            description="The file.",
            content={
                "text/css": None,
                "text/javascript": None,
                "text/plain": None,
                "image/svg+xml": None,
            },
            headers=CACHED,
        ),
        304: UNCHANGED,
    },
    refusals=(404,),
)
