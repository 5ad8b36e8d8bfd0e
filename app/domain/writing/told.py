"""What front matter tells that an asset has a place for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.links import may_lead_to

#: Characters of a name, and labels, as clients may send them.
LONGEST_NAME, MOST_LABELS = 200, 50
LONGEST_LINK = 2000
LONGEST_DESCRIPTION = 10_000

#: By what names authors call them; the first that is there counts.
TITLES = ("title",)
DESCRIPTIONS = ("description", "summary", "excerpt")
LINKS = ("link", "canonical_url", "canonical", "permalink", "url")
#: All of these.
LABELS = ("labels", "tags", "keywords", "categories")


@dataclass(frozen=True, kw_only=True)
class Told:
    title: str | None
    description: str
    labels: tuple[str, ...]
    link: str | None
    #: All of it.
    metadata: Mapping[str, Any]


def told_by(metadata: Mapping[str, Any]) -> Told:
    known = {str(name).lower(): value for name, value in metadata.items()}
    title = _first(known, TITLES)
    return Told(
        title=title[:LONGEST_NAME] if title else None,
        description=(_first(known, DESCRIPTIONS) or "")[:LONGEST_DESCRIPTION],
        labels=tuple(dict.fromkeys(_labels(known)))[:MOST_LABELS],
        link=next(_links(known), None),
        metadata=metadata,
    )


def _first(known: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next(filter(None, (_line(known.get(name)) for name in names)), None)


def _line(value: object) -> str:
    """Text or a number, on one line; anything else is none."""
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    printed = "".join(char if char.isprintable() else " " for char in str(value))
    return " ".join(printed.split()) if plain else ""


def _labels(known: Mapping[str, Any]) -> Iterator[str]:
    """Of lists, and of lines with commas."""
    for name in LABELS:
        value = known.get(name)
        several = value.split(",") if isinstance(value, str) else value
        for each in several if isinstance(several, list) else [several]:
            if label := _line(each)[:LONGEST_NAME]:
                yield label


def _links(known: Mapping[str, Any]) -> Iterator[str]:
    """Only what a browser opens and nothing runs."""
    for name in LINKS:
        link = _line(known.get(name))
        if len(link) <= LONGEST_LINK and may_lead_to(link):
            yield link
