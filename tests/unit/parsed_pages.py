"""What a browser makes of a page: its elements with their attributes, and its text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Parsed:
    #: In the order of the page: each element with the names of its attributes.
    elements: list[tuple[str, ...]] = field(default_factory=list)
    #: Values of attributes, by name.
    values: dict[str, list[str]] = field(default_factory=dict)
    #: Text of each element that holds text itself.
    texts: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parsed = Parsed()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parsed.elements.append((tag, *(name for name, _ in attrs)))
        for name, value in attrs:
            self.parsed.values.setdefault(name, []).append(value or "")
        self.parsed.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.parsed.texts:
            self.parsed.texts[-1] += data

    def handle_comment(self, data: str) -> None:
        self.parsed.elements.append(("a comment",))

    def unknown_decl(self, data: str) -> None:
        self.parsed.elements.append(("a declaration",))

    def handle_pi(self, data: str) -> None:
        self.parsed.elements.append(("an instruction",))


def parsed(page: str) -> Parsed:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.parsed
