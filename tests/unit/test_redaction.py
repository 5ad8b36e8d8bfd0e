"""What is left out of texts that others read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import EngineError
from app.domain.redaction import LEAST, escaped, long_enough, one_line, redacted

TOKEN = "aB3-_" * 8 + "xyz"
KEY = f"spool_{TOKEN}"
SIGNATURE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"a key {KEY}.", "a key spool_***."),
        (f"signed by {SIGNATURE}", "signed by whsec_***"),
        (f"/no/such%20{KEY}", "/no/such%20spool_***"),
        (f"my{KEY}", "myspool_***"),
        ("Incorrect API key provided: sk-proj-Abcdefghijklmnop", "…: sk-***"),
        ("Authorization: Bearer abcdefghijklmnOp.qrs", "Authorization: Bearer ***"),
        ("authorization: basic dXNlcjpwYXNzd29yZDEyMw==", "authorization: basic ***"),
        (f"GET /shared/{TOKEN} 404", "GET /shared/*** 404"),
        ("postgresql://spool:hunter2@db/spool", "postgresql://spool:***@db/spool"),
        ("https://:hunter2@media.example/a", "https://:***@media.example/a"),
        ("https://a:hunter2@of@me@media.example/a", "https://a:***@media.example/a"),
        ("https://s3.example/a.mp4?X-Amz-Signature=00ff&x=1", "…?X-Amz-Signature=***&x=1"),
        ("https://x.example/?a=1&api_key=abc", "…&api_key=***"),
        ("https://x.example/?sig=abc%2F#t=1", "…?sig=***"),
        ("https://x.example/?AWSAccessKeyId=AK&x=1", "…?AWSAccessKeyId=***&x=1"),
    ],
)
def test_what_looks_like_a_key_is_left_out(text: str, told: str) -> None:
    assert redacted(text).endswith(told.removeprefix("…"))


@pytest.mark.parametrize(
    "text",
    [
        "the spool_backup_of_tuesday.wav is empty",
        "send it as `Authorization: Bearer KEY` or as `X-API-Key: KEY`",
        "http://localhost:8000/shared/ leads nowhere",
        "mail me at somebody@media.example: 10:30",
        "basic questions about risk-taking-and-the-like",
        "?design=flat&sort=title",
        "/api/v1/search?keyword=whisper&keyframes=true",
        "/media/shared/interviews-of-2024-autumn/talk.wav is empty",
        "Basic Thermodynamics.mp4 is no medium, Basic Internationalization.mp4 is empty",
        "basic electroencephalography, and a bearer misunderstanding-the-question",
        "/archive/sk-interviews/2024-11-22-Bratislava/talk.wav",
        "/archive/sk-learn-how-to-sing-together.wav",
        "spool_of_the_recordings_from_the_old_archive_at_home_1974.wav",
    ],
)
def test_what_is_no_key_stays(text: str) -> None:
    assert redacted(text) == text


def test_a_known_secret_is_left_out_whatever_it_looks_like() -> None:
    known = long_enough(["swordfish", "swordfish-and-more", None, "", "a" * (LEAST - 1)])
    assert redacted("swordfish-and-more, swordfish, aaaaa", known) == "***, ***, aaaaa"


def test_an_error_tells_no_key_that_an_endpoint_repeats() -> None:
    error = EngineError("the endpoint says: Incorrect API key provided: sk-abcDefghijklmnopqrst")
    assert error.message == str(error) == "the endpoint says: Incorrect API key provided: sk-***"


@given(st.text())
def test_whatever_is_told_is_one_line_that_can_be_printed(text: str) -> None:
    line = one_line(text, most=50)
    assert line.isprintable() and len(line.splitlines()) <= 1
    assert escaped(text).isprintable()


def test_of_a_long_text_the_beginning_is_told_and_how_much_more_there_is() -> None:
    assert one_line("x" * 1000, most=10) == "x" * 10 + "… (990 characters more)"


@pytest.mark.parametrize("before", range(0, 60, 7))
def test_a_key_that_a_cut_goes_through_is_left_out_too(before: int) -> None:
    told = one_line("." * before + KEY + "." * 100, most=60)
    assert KEY[6:10] not in told
