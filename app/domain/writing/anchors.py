"""Names of headings in addresses, as GitHub and the site makers that follow it give them."""

import unicodedata

#: Unicode categories that stay: letters, marks, decimal and letter-like numbers, connectors.
_KEPT = ("L", "M", "Nd", "Nl", "Pc")


def slug(text: str) -> str:
    return "".join(_letter(char) for char in text.strip().lower())


def _letter(char: str) -> str:
    if char == " ":
        return "-"
    return char if char == "-" or unicodedata.category(char).startswith(_KEPT) else ""


class Anchors:
    """Of one document: a name that is there already gets a number."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}

    def name(self, text: str) -> str:
        """For a heading of this text."""
        first = named = slug(text)
        while named in self._given:
            self._given[first] += 1
            named = f"{first}-{self._given[first]}"
        self._given[named] = 0
        return named

    def keep(self, named: str) -> str:
        """For a heading whose author named it."""
        self._given.setdefault(named, 0)
        return named
