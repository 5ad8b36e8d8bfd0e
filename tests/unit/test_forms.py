"""Forms and query strings: texts by name."""

from collections.abc import AsyncIterator, Iterable

import pytest
from starlette.requests import Request
from starlette.types import Message

from app.domain.errors import InvalidRequest
from app.web import body
from app.web.body import MAX_AROUND


def test_labels_may_come_one_by_one_and_all_else_once() -> None:
    pairs = body.form_fields("labels=a&title=Tide&labels=b,c&labels=")
    assert body.unique(pairs) == {"labels": "a,b,c,", "title": "Tide"}
    with pytest.raises(InvalidRequest, match="title: given twice"):
        body.unique([*pairs, ("title", "Ebb")])


def test_of_labels_by_the_thousand_none_is_copied_again_for_the_next() -> None:
    pairs = [("labels", f"label {number}") for number in range(20_000)]
    kept = body.gathered(pairs)["labels"]
    copies = [value for value, (_, given) in zip(kept, pairs, strict=True) if value is not given]
    assert copies == []
    assert body.unique(pairs) == {"labels": ",".join(value for _, value in pairs)}


def test_a_form_of_too_many_fields_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = "labels=&" * (body.MAX_FIELDS - 1) + "labels="
    assert len(body.form_fields(whole)) == body.MAX_FIELDS
    monkeypatch.setattr(body, "parse_qsl", lambda *_, **__: pytest.fail("it is read"))
    with pytest.raises(InvalidRequest, match="more than 1000 fields"):
        body.form_fields(f"{whole}&")


PART = b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nTide\r\n'
CHUNK = 4096  # bytes


class Sent:
    """A request whose body comes in chunks, and how many bytes of it were taken."""

    def __init__(self, chunks: Iterable[bytes], boundary: str = "b") -> None:
        self._chunks, self.taken = iter(chunks), 0
        kind = f"multipart/form-data; boundary={boundary}".encode()
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind)]}
        self.request = Request(scope, self._receive)

    async def _receive(self) -> Message:
        chunk = next(self._chunks, b"")
        self.taken += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    async def parts(self) -> int:
        events: AsyncIterator[body.Event] = body.multipart_events(self.request)
        return len([event async for event in events if event is None])


def of(content: bytes, size: int = CHUNK) -> list[bytes]:
    return [content[place : place + size] for place in range(0, len(content), size)]


@pytest.mark.parametrize("size", [1, CHUNK])
@pytest.mark.parametrize("around", [b"", b"a preamble of old mail programs\r\n"])
async def test_a_form_comes_in_chunks_of_any_size(size: int, around: bytes) -> None:
    behind = b"\r\n" + around if around else b""
    assert await Sent(of(around + PART * 3 + b"--b--" + behind, size)).parts() == 3


@pytest.mark.parametrize(
    "before",
    [b"", PART + b"--b--\r\n", PART + b"--b\r\n"],
    ids=["before the first part", "behind the last", "in the head of one"],
)
async def test_what_belongs_to_no_part_of_a_form_does_not_go_on_for_ever(before: bytes) -> None:
    def endless() -> Iterable[bytes]:
        yield before
        while True:
            yield b"x: y\r\n" * (CHUNK // 6)

    sent = Sent(endless())
    with pytest.raises(InvalidRequest):
        await sent.parts()
    assert sent.taken <= MAX_AROUND + 2 * CHUNK


async def test_a_boundary_is_not_as_long_as_a_head_may_be() -> None:
    with pytest.raises(InvalidRequest, match="boundary"):
        await Sent([], boundary="b" * 60_000).parts()
