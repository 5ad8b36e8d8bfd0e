"""What media are called on the web, and under which name they are saved."""

import h11
import pytest
from hypothesis import given, settings
from werkzeug.http import parse_options_header

from app.domain.content_types import BYTES, CONTENT_TYPES, content_type_of
from app.domain.media_types import MEDIA_SUFFIXES, TEXT_SUFFIXES
from app.web.file_answer import MOST_LETTERS, disposition
from tests.unit.strange_texts import EXAMPLES, FIVE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mp4", "video/mp4"),
        ("a.webm", "video/webm"),
        ("a.mkv", "video/x-matroska"),
        ("a.mov", "video/quicktime"),
        ("a.m4a", "audio/mp4"),
        ("a.mp3", "audio/mpeg"),
        ("a.WAV", "audio/wav"),
        ("a.flac", "audio/flac"),
        ("a.ogg", "audio/ogg"),
        ("a.opus", "audio/ogg"),
        ("a.aac", "audio/aac"),
        ("a.jpg", "image/jpeg"),
        ("a.png", "image/png"),
        ("a.webp", "image/webp"),
        ("a.gif", "image/gif"),
        ("https://example.org/talk.mp4?token=x.html", "video/mp4"),
    ],
)
def test_a_medium_is_called_what_browsers_play(name: str, kind: str) -> None:
    assert content_type_of(name) == kind


def test_every_suffix_of_a_medium_but_of_texts_has_a_type() -> None:
    assert set(CONTENT_TYPES) == MEDIA_SUFFIXES - TEXT_SUFFIXES
    kinds = {kind.partition("/")[0] for kind in CONTENT_TYPES.values()}
    assert kinds == {"audio", "image", "video"}


@pytest.mark.parametrize(
    "name", ["a.svg", "a.html", "a.htm", "a.xhtml", "a.xml", "a.js", "a.pdf", "a.md", "a", ".svg"]
)
def test_what_could_run_in_a_browser_is_bytes_and_no_more(name: str) -> None:
    assert content_type_of(name) == BYTES


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("talk 1.mp4", 'filename="talk 1.mp4"'),
        ('a".mp4', "filename=\"a_.mp4\"; filename*=UTF-8''a%22.mp4"),
        ("a\r\nSet-Cookie: x.mp4", 'filename="aSet-Cookie_ x.mp4"'),
        ("Ärger.mp4", "filename=\"_rger.mp4\"; filename*=UTF-8''%C3%84rger.mp4"),
        ("a\u202e4pm.exe", 'filename="a4pm.exe"'),
        ("..\\a/b;c.mp4", "filename=\".._a_b_c.mp4\"; filename*=UTF-8''..%5Ca%2Fb%3Bc.mp4"),
        ("\ud800.mp4", 'filename=".mp4"'),
    ],
)
def test_whatever_a_file_is_called_its_name_is_one_header(name: str, told: str) -> None:
    found = disposition("inline", name)
    assert found.startswith(f"inline; {told}") and found.isascii() and found.isprintable()


def test_of_a_long_name_the_end_is_kept() -> None:
    assert disposition("attachment", "x" * 5000 + ".mp4").endswith('x.mp4"')


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_a_client_reads_back_whatever_a_file_is_called(names: list[str]) -> None:
    for name in names:
        told = disposition("attachment", name)
        value = sent_and_received("Content-Disposition", told)
        kind, options = parse_options_header(value)
        assert kind == "attachment"
        shown = "".join(filter(str.isprintable, name))[-MOST_LETTERS:]
        assert options == {"filename": shown}


def sent_and_received(name: str, value: str) -> str:
    """A header of an answer as a client reads it off the line, where it stands once."""
    server, client = h11.Connection(h11.SERVER), h11.Connection(h11.CLIENT)
    question = h11.Request(method="GET", target="/", headers=[("Host", "a")])
    server.receive_data(client.send(question) or b"")
    server.next_event()
    headers = [(name, value), ("Content-Length", "0")]
    client.receive_data(server.send(h11.Response(status_code=200, headers=headers)) or b"")
    answer = client.next_event()
    assert isinstance(answer, h11.Response)
    (_, first), (second, _) = answer.headers
    assert second == b"content-length"
    return first.decode()
