"""What stands in front of a text, and what an asset takes from it."""

import pytest

from app.domain.writing.front_matter import LONGEST, front_matter_of
from app.domain.writing.told import told_by


@pytest.mark.parametrize(
    ("text", "content", "length"),
    [
        ("---\na: 1\n---\nb", "a: 1\n", 13),
        ("---\r\na: 1\r\n---\r\nb", "a: 1\r\n", 16),
        ("---  \n# c\n\n'a b': 1\n...\nb", "# c\n\n'a b': 1\n", 24),
        ("---\n---\nb", "", 8),
        ("---\na: 1\n---", "a: 1\n", 12),
        ("+++\na = 1\n+++\n", "a = 1\n", 14),
        ("+++\n[a]\n+++\n", "[a]\n", 12),
    ],
)
def test_it_stands_between_two_fences_at_the_very_beginning(
    text: str, content: str, length: int
) -> None:
    front = front_matter_of(text)
    assert front is not None
    assert (front.content, front.length) == (content, length)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "---",
        "\n---\na: 1\n---\n",
        "---\na: 1\n",
        "---\nJust a paragraph.\n---\n",
        "----\na: 1\n----\n",
        f"---\na: {'x' * LONGEST}\n---\n",
    ],
)
def test_lines_across_the_page_are_no_front_matter(text: str) -> None:
    assert front_matter_of(text) is None


def test_an_asset_takes_what_it_has_a_place_for() -> None:
    metadata = {
        "Title": "  A\ntitle ",
        "summary": "What it is about",
        "tags": ["x", 2, "x", None, ["deep"]],
        "keywords": "y, z ,",
        "canonical_url": "https://example.org/a",
    }
    told = told_by(metadata)
    assert (told.title, told.description, told.link) == (
        *("A title", "What it is about", "https://example.org/a"),
    )
    assert told.labels == ("x", "2", "y", "z") and told.metadata is metadata


def test_of_other_types_and_of_what_runs_in_a_browser_nothing_is_taken() -> None:
    told = told_by(
        {"title": ["a"], "description": {"b": 1}, "labels": 7.5, "link": "javascript:alert(1)"}
    )
    assert (told.title, told.description, told.link) == (None, "", None)
    assert told.labels == ("7.5",)
    assert told_by({"url": "//evil.example/x", "permalink": "/docs/a"}).link == "/docs/a"
    assert len(told_by({"title": "x" * 999}).title or "") == 200


@pytest.mark.timeout(20)
@pytest.mark.parametrize("fence", ["---", "+++"])
@pytest.mark.parametrize("first", ["", "a", '"a', "# a\n"])
@pytest.mark.parametrize("blank", [" ", "\t", "\n", " \n", "#\n", "a ", "a\t", "a", "a:", "'"])
def test_a_small_text_of_blanks_never_stops_the_service(fence: str, first: str, blank: str) -> None:
    text = f"{fence}\n{first}{blank * (60_000 // len(blank))}!\n{fence}\n"
    front_matter_of(text)
