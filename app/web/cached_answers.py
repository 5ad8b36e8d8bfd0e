"""What operations say of answers that a browser keeps."""

from app.web.operation import Answer

HAVE = {"If-None-Match": "The ETag of what you have."}
CACHED = {"ETag": "Of the content; send it back as `If-None-Match`.", "Cache-Control": "Ask again."}
UNCHANGED = Answer(description="You have it already.", headers=CACHED)
