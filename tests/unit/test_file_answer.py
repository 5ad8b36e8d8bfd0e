"""A medium on its way to a client, when its store gives out."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from app.domain.errors import StorageError
from app.services.media import Medium
from app.web.file_answer import PIECE, sent


@dataclass
class Failing:
    """A `StoredFile` of which the first piece can be read."""

    size: int = 3 * PIECE
    modified: int = 0
    closed: bool = False

    async def read(self, first: int, number: int) -> bytes:
        if first:
            raise StorageError("the object store does not answer as it should")
        return b"x" * number

    def close(self) -> None:
        self.closed = True


async def answered(file: Failing) -> list[dict[str, Any]]:
    """What the server is told."""
    told: list[dict[str, Any]] = []
    medium = Medium(
        file=file,
        job_id="one",
        name="talk.wav",
        content_type="audio/wav",
        size=file.size,
        modified=0,
    )

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        told.append(message)

    scope: dict[str, Any] = {"type": "http", "method": "GET", "headers": []}
    scope["asgi"] = {"spec_version": "2.4"}
    await sent(Request(scope), medium, {})(scope, receive, send)
    return told


async def test_a_store_that_fails_in_the_middle_cuts_the_answer_off() -> None:
    """It was told as an unplanned error, with its trace."""
    file = Failing()
    start, *pieces = await answered(file)
    assert (b"content-length", str(3 * PIECE).encode()) in start["headers"]
    assert [(len(piece["body"]), piece["more_body"]) for piece in pieces] == [(PIECE, True)]
    assert file.closed
