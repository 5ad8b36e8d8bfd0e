"""Queries with known answers: what people look for, and where it is."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "queries"


@dataclass(frozen=True, kw_only=True)
class Answer:
    medium: str
    #: Second at which it is said or shown.
    at: float | None = None
    #: The heading that it stands under, as an address names it.
    anchor: str = ""

    @property
    def placed(self) -> bool:
        return self.at is not None or bool(self.anchor)


@dataclass(frozen=True, kw_only=True)
class Query:
    #: Of the medium that has the answer: speech, text, image or keyframe.
    kind: str
    text: str
    answers: tuple[Answer, ...]


def queries(name: str) -> list[Query]:
    """Of the file `queries/NAME.tsv`: kind, text, and answers with spaces between them."""
    lines = (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [_query(line) for line in lines if line and not line.startswith("#")]


def _query(line: str) -> Query:
    kind, text, answers = line.split("\t")
    return Query(kind=kind, text=text, answers=tuple(map(_answer, answers.split(" "))))


def _answer(text: str) -> Answer:
    medium, _, anchor = text.partition("#")
    medium, _, at = medium.partition("@")
    return Answer(medium=medium, at=float(at) if at else None, anchor=anchor)
