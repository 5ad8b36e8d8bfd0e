"""A text as moments: what its author tells of it, and passages that point to headings."""

from app.domain.assets import Asset
from app.domain.search import Moment
from app.domain.writing.formats import TextFormat
from app.pipeline.moment import moment
from app.ports import PageReader


def written(asset: Asset, texts: PageReader) -> list[Moment]:
    """In the order of the text; a text has no seconds."""
    document = texts.read(asset.text, asset.text_format or TextFormat.PLAIN)
    told = [(asset.description, "")] if asset.description.strip() else []
    passages = [*told, *((each.text, each.anchor) for each in document.passages)]
    return [
        moment(asset, number, text, start=0.0, end=0.0, anchor=anchor)
        for number, (text, anchor) in enumerate(passages)
    ]
