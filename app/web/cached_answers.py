"""What operations say of answers that a browser keeps."""

from app.web.operation import Answer

HAVE = {"If-None-Match": "The ETag of what you have."}
CACHED = {"ETag": "Of the content; send it back as `If-None-Match`.", "Cache-Control": "Ask again."}
UNCHANGED = Answer(description="You have it already.", headers=CACHED)


def kept(description: str, *types: str) -> dict[int, Answer]:
    """What is answered where a browser may have it: of these types, or none."""
    content = dict.fromkeys(types)
    return {200: Answer(description=description, content=content, headers=CACHED), 304: UNCHANGED}
