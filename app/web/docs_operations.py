"""What the document and its page answer."""

from app.web.cached_answers import HAVE, kept
from app.web.operation import Operation
from app.web.schemas import NoQuery

OPENAPI = Operation(
    name="openapi",
    summary="This document",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers=kept("OpenAPI 3.1.", "application/json"),
)

PAGE = Operation(
    name="docs",
    summary="The document as a page, to read and to try",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers=kept("The page.", "text/html"),
    pages=True,
)

FILE = Operation(
    name="docs_file",
    summary="What the page is made of",
    tag="service",
    scope=None,
    query=NoQuery,
    headers=HAVE,
    answers=kept("The file.", "text/css", "text/javascript", "text/plain"),
    refusals=(404,),
)
