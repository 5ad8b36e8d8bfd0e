"""Markdown is read as CommonMark has it: by the examples of its specification."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from app.adapters.markdown_texts import MarkdownTexts
from app.domain.writing.document import Document
from app.domain.writing.formats import TextFormat

EXAMPLES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "media" / "commonmark.json").read_text("utf-8")
)

#: A backslash at the end of a block stays, a quoted text in a tag that a heading cuts in two.
OTHER_HEADINGS = {90, 91, 646}
#: A tab that is half a sign and half code counts as no space.
OTHER_CODE = {5, 6, 7}
#: Letters that two signs make, a no-break space in a link, links in links, and those of which one
#: of several names is known.
OTHER_WORDS = {25, 507, 518, 519, 520, 532, 533, 569, 571}


class Page(HTMLParser):
    """What a browser shows of it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.headings: list[tuple[int, str]] = []
        self.code: list[str] = []
        self.words = ""
        self._level, self._code = 0, False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if re.fullmatch("h[1-6]", tag):
            self._level = int(tag[1])
            self.headings.append((self._level, ""))
        self._code = self._code or tag == "pre"
        self.handle_data(dict(attributes).get("alt") or "" if tag == "img" else "")
        self.words += "" if tag in ("em", "strong", "a", "code", "img") else " "

    def handle_endtag(self, tag: str) -> None:
        if re.fullmatch("h[1-6]", tag):
            self._level = 0
        self._code = self._code and tag != "pre"
        self.words += "" if tag in ("em", "strong", "a", "code") else " "

    def handle_data(self, data: str) -> None:
        if self._code:
            self.code += [data]
        else:
            self.words += data
        if self._level:
            level, text = self.headings[-1]
            self.headings[-1] = level, text + data


def examples() -> Iterator[tuple[int, str, Page, Document]]:
    for example in EXAMPLES:
        text = example["markdown"]
        document = MarkdownTexts().read(text, TextFormat.MARKDOWN)
        yield example["example"], text, Page(example["html"]), document


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def test_headings_are_those_of_commonmark() -> None:
    wrong = set()
    for number, _, page, document in examples():
        named = [(level, " ".join(text.split())) for level, text in page.headings]
        found = [(each.level, each.text) for each in document.headings]
        if found != [(level, text) for level, text in named if text]:
            wrong.add(number)
    assert wrong == OTHER_HEADINGS


def test_code_is_that_of_commonmark() -> None:
    wrong = set()
    for number, text, page, document in examples():
        found = "\n".join(each.text for each in document.passages if each.code)
        if "<pre" not in text and lines(found) != lines("".join(page.code)):
            wrong.add(number)
    assert wrong == OTHER_CODE


def test_the_words_are_those_of_commonmark() -> None:
    """HTML aside, of which more is dropped: scripts, styles and comments."""
    wrong = set()
    for number, text, page, document in examples():
        found = " ".join(each.text for each in document.passages if not each.code)
        if "<" not in text and words(found) != words(page.words):
            wrong.add(number)
    assert wrong == OTHER_WORDS


def words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", text))
