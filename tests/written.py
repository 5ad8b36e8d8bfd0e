"""What is written for people: the README, and the guide that it leads to."""

from tests.media import ROOT

DOCS = ROOT / "app" / "docs"
PAGES = sorted(DOCS.glob("*.md"))
WRITTEN = [ROOT / "README.md", *PAGES]


def page(name: str) -> str:
    """Of the guide."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def whole() -> str:
    """All of it, as one text."""
    return "\n".join(file.read_text(encoding="utf-8") for file in WRITTEN)
