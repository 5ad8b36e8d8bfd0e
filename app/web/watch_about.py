"""What is told of an asset, as HTML: above its words, and beside them."""

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from urllib.parse import quote

from app.domain.assets import Asset
from app.domain.captions import CaptionFormat
from app.domain.languages import LANGUAGES
from app.domain.links import may_lead_to
from app.domain.media_types import MediaType, in_seconds
from app.domain.playing_time import clock
from app.domain.transcript import Transcript
from app.services.asset_pages import Shown
from app.web.asset_views import of_player, page_of

KINDS = {MediaType.KEYFRAME: "Key-frame", MediaType.IMAGE: "Picture"}


def about(shown: Shown) -> Iterator[str]:
    asset = shown.asset
    yield f'<header class="about"><h1>{escape(asset.title)}</h1>'
    yield f'<p class="facts dim">{" · ".join(_facts(shown))}</p>'
    yield f'<p class="description">{escape(asset.description)}</p>'
    yield f'<ul class="tags labels" aria-label="Labels">{_tags(asset.labels)}</ul>'
    yield from _leads(asset)
    yield "</header>"


def beside(shown: Shown) -> Iterator[str]:
    if shown.transcript:
        yield from _chapters(shown.transcript)
        yield from _topics(shown.transcript)
    if shown.asset.picture and shown.asset.picture.tags:
        yield from _tag_list("Shows", [tag.label for tag in shown.asset.picture.tags])
    if shown.asset.job_id:
        yield from _downloads(shown)


def _facts(shown: Shown) -> Iterator[str]:
    asset, transcript = shown.asset, shown.transcript
    yield KINDS.get(asset.media_type, asset.media_type.value.capitalize())
    if transcript and transcript.duration:
        yield f"<time>{clock(transcript.duration)}</time>"
    if transcript and (heard := transcript.language_detection):
        yield escape(LANGUAGES.get(heard.language, heard.language).capitalize())
    if asset.picture:
        yield f"{asset.picture.width} × {asset.picture.height}"  # noqa: RUF001
    day = asset.created_at
    yield f'<time datetime="{day.isoformat()}">{day.day} {day:%B %Y}</time>'


def _leads(asset: Asset) -> Iterator[str]:
    if asset.link and may_lead_to(asset.link):
        yield f'<p><a href="{escape(asset.link)}">{escape(asset.link)}</a></p>'
    if asset.parent_id:
        yield f'<p><a href="{escape(page_of(replace(asset, link=None)))}">In its video</a></p>'


def _chapters(transcript: Transcript) -> Iterator[str]:
    """A table of contents; those that nothing names are left out."""
    named = [chapter for chapter in transcript.chapters or () if chapter.title]
    if not named:
        return
    yield '<details class="chapters" open><summary>Chapters</summary><ol>'
    for each in named:
        time = f"<time>{clock(each.start)}</time>"
        yield f'<li><a href="#t={in_seconds(each.start)}">{time} {escape(each.title)}</a></li>'
    yield "</ol></details>"


def _topics(transcript: Transcript) -> Iterator[str]:
    if transcript.topics:
        yield from _tag_list("Topics", [each.topic for each in transcript.topics])


def _tag_list(title: str, tags: list[str]) -> Iterator[str]:
    yield f'<details class="topics" open><summary>{title}</summary>'
    yield f'<ul class="tags" aria-label="{title}">{_tags(tags)}</ul></details>'


def _tags(words: tuple[str, ...] | list[str]) -> str:
    """Each leads to what else is found by it."""
    links = ((f"/#/search?q={quote(word, safe='')}", word) for word in words)
    return "".join(
        f'<li><a class="tag" href="{escape(href)}">{escape(word)}</a></li>' for href, word in links
    )


def _downloads(shown: Shown) -> Iterator[str]:
    result = f"/api/v1/jobs/{shown.asset.job_id}/result"
    forms = ["json"]
    if shown.transcript:
        forms += [form.value for form in CaptionFormat]
    elif shown.asset.text or shown.asset.picture:
        forms += ["txt"]
    yield '<details class="downloads"><summary>Download</summary><ul class="row">'
    for form in forms:
        yield f'<li><a href="{result}?format={form}" download>{form.upper()}</a></li>'
    if shown.asset.media_type is not MediaType.TEXT:
        original = escape(of_player("media", shown.asset))
        yield f'<li><a href="{original}?download=true" download>Original</a></li>'
    yield "</ul></details>"
