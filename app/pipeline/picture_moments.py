"""A picture as moments: what it shows, and passages of what stands in it."""

from collections.abc import Iterator

from app.domain.assets import Asset, Picture
from app.domain.search import Moment
from app.pipeline.moment import moment

#: Characters of a passage: what a sentence embedding still holds together.
MAX_LENGTH = 400


def pictured(asset: Asset, picture: Picture) -> list[Moment]:
    """The first is of what it shows, and has its visual vector; then what can be read in it."""
    at = asset.at or 0.0
    shown, *read = [_shown(asset, picture), *_passages(picture)]
    look = {"visual": picture.visual, "visual_model": picture.visual_model or ""}
    first = moment(asset, 0, shown, start=at, end=at, thumbnail=True, **look)
    rest = [
        moment(asset, number, text, start=at, end=at, thumbnail=True)
        for number, text in enumerate(read, start=1)
    ]
    return [first, *rest]


def _shown(asset: Asset, picture: Picture) -> str:
    """In words: its description and its tags, or at least its name."""
    tags = ", ".join(tag.label for tag in picture.tags)
    return "\n".join(filter(None, (asset.description, tags))) or asset.title


def _passages(picture: Picture) -> Iterator[str]:
    """Lines that stand together, in order."""
    passage = ""
    for line in picture.lines:
        if passage and len(passage) + len(line.text) >= MAX_LENGTH:
            yield passage
            passage = ""
        passage = f"{passage}\n{line.text}" if passage else line.text
    if passage:
        yield passage
