"""A feed is XML whatever strangers write, and says what they wrote."""

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

from hypothesis import given, settings

from app.domain.news import News
from app.web.atom import NAMESPACE, written
from tests.unit.strange_texts import EXAMPLES, FIVE

#: What XML cannot hold, even written as a number.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
CHILDREN = ("id", "title", "updated", "link", "summary")


def read(text: str) -> str:
    """As a reader of XML has it."""
    return re.sub("\r\n?", "\n", UNWRITABLE.sub("\ufffd", text))


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIVE)
def test_whatever_strangers_write_an_entry_has_its_own_elements_and_no_other(
    texts: list[str],
) -> None:
    job_id, asset_id, title, words, host = texts
    news = [
        News(
            job_id=job_id,
            asset_id=asset_id,
            title=title,
            failed=failed,
            ended_at=NOW,
            words=words,
        )
        for failed in (False, True)
    ]
    feed = ElementTree.fromstring(written(news, f"http://{host}"))
    entries = feed.findall(f"{{{NAMESPACE}}}entry")
    assert [[_name(child) for child in entry] for entry in entries] == [list(CHILDREN)] * 2
    done, failed = (dict(zip(CHILDREN, entry, strict=True)) for entry in entries)
    assert done["title"].text == (read(title) or None)
    assert failed["title"].text == read(f"Failed: {title}")
    assert done["summary"].text == failed["summary"].text == (read(words) or None)
    assert set(done["link"].attrib) == {"rel", "href"}
    assert done["link"].attrib["rel"] == "alternate"


def _name(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(f"{{{NAMESPACE}}}")
