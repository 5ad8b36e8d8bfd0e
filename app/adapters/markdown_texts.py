"""Texts read with markdown-it-py."""

from app.domain.writing.document import Document, document_of
from app.domain.writing.formats import TextFormat
from app.domain.writing.layout import Markdown


class MarkdownTexts:
    """Implements `ports.PageReader`."""

    def read(self, text: str, text_format: TextFormat) -> Document:
        """The library takes a tenth of a second to import."""
        from app.adapters.markdown_blocks import layout_of
        from app.adapters.markdown_emphasis import emphasis_of

        markdown = Markdown(layout_of=layout_of, emphasis_of=emphasis_of)
        return document_of(text, text_format, markdown)
