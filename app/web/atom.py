"""News as an Atom 1.0 feed (RFC 4287)."""

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, tostring

from app.domain.news import News
from app.web.credentials import FEED

NAMESPACE = "http://www.w3.org/2005/Atom"
#: Of a feed without an entry: it must have some time, and always the same.
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
#: What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def written(news: Sequence[News], service: str) -> bytes:
    """`service`: its address, as in `http://box:8000`; links begin with it."""
    feed = Element("feed", xmlns=NAMESPACE)
    here = f"{service}{FEED}"
    _say(feed, "id", uuid.uuid5(uuid.NAMESPACE_URL, _written(here)).urn)
    _say(feed, "title", "Spool")
    _say(feed, "updated", (news[0].ended_at if news else BEFORE_ALL).isoformat())
    _say(SubElement(feed, "author"), "name", "Spool")
    _link(feed, "self", here)
    for each in news:
        _tell(SubElement(feed, "entry"), each, service)
    return bytes(tostring(feed, encoding="utf-8", xml_declaration=True))


def _tell(entry: Element, news: News, service: str) -> None:
    """A job that failed has no page; it is shown as it is."""
    _say(entry, "id", f"urn:uuid:{news.job_id}")
    _say(entry, "title", f"Failed: {news.title}" if news.failed else news.title)
    _say(entry, "updated", news.ended_at.isoformat())
    page = f"/api/v1/jobs/{news.job_id}" if news.failed else f"/watch/{_name(news.asset_id)}"
    _link(entry, "alternate", service + page)
    _say(entry, "summary", news.words)


def _name(asset_id: str) -> str:
    return quote(asset_id, safe="", errors="replace")


def _link(parent: Element, rel: str, href: str) -> None:
    SubElement(parent, "link", rel=rel, href=_written(href))


def _say(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = _written(text)


def _written(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
