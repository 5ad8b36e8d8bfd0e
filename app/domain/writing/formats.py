"""How a text is written."""

from enum import StrEnum

from app.domain.media_types import media_suffix

#: Bytes of a text: more than the longest of novels has.
MOST_BYTES = 5 * 1024 * 1024


class TextFormat(StrEnum):
    #: Every character is meant.
    PLAIN = "plain"
    MARKDOWN = "markdown"
    #: Markdown with JSX, expressions in braces, imports and exports.
    MDX = "mdx"

    @property
    def marked_up(self) -> bool:
        return self is not TextFormat.PLAIN


_BY_SUFFIX = {
    ".md": TextFormat.MARKDOWN,
    ".markdown": TextFormat.MARKDOWN,
    ".mdx": TextFormat.MDX,
}


def text_format_of(source_name: str) -> TextFormat:
    """By the suffix of a file name, path or URL; plain where it tells nothing."""
    return _BY_SUFFIX.get(media_suffix(source_name), TextFormat.PLAIN)
