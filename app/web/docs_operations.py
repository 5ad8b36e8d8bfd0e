"""What the document and its page answer."""

from app.web.cached_answers import CACHED, HAVE, UNCHANGED
from app.web.operation import Answer, Operation
from app.web.schemas import NoQuery

OPENAPI = Operation(
    name="openapi",
    summary="This document",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers={
        200: Answer(description="OpenAPI 3.1.", content={"application/json": None}, headers=CACHED),
        304: UNCHANGED,
    },
)

PAGE = Operation(
    name="docs",
    summary="The document as a page, to read and to try",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers={
        200: Answer(description="The page.", content={"text/html": None}, headers=CACHED),
        304: UNCHANGED,
    },
)

FILE = Operation(
    name="docs_file",
    summary="What the page is made of",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers={
        200: Answer(
            description="The file.",
            content={"text/css": None, "text/javascript": None, "text/plain": None},
            headers=CACHED,
        ),
        304: UNCHANGED,
    },
    refusals=(404,),
)
