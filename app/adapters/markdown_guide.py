"""The guide in `app/docs`, made into HTML with markdown-it-py."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.guide import HOME, PICTURES, GuidePage
from app.domain.writing.anchors import Anchors

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token

FOLDER = Path(__file__).parents[1] / "docs"
#: Where its pages are served.
PLACE = "/docs/guide"
#: `[Title](name.md)`: how the home lists a page.
_LISTED = re.compile(r"\[([^\]]+)\]\(([\w-]+)\.md\)")
#: A link from page to page, as it works between the files, too.
_PAGE = re.compile(r"(?P<name>[\w-]+)\.md(?P<anchor>#\S+)?")
#: Notes to the tests stand in them.
_COMMENT = re.compile(r"<!--.*?-->[ \t]*\n?", re.DOTALL)
#: Behind these a long name may go on in the next line: tables of settings are wide otherwise.
_JOINT = re.compile(r"(?<=\w)(__|[_./:,]+)(?=\w)")
#: What may be linked to beside pages: `#anchor`, and the web.
_ELSEWHERE = ("#", "https://", "http://")


class MarkdownGuide:
    """Implements `ports.GuideReader`. What begins to look like HTML in a page is shown as text."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._pages = {file.stem: file for file in folder.glob("*.md")}
        pictures = (file for file in folder.iterdir() if file.suffix in PICTURES)
        self._pictures = {file.name: file for file in pictures}

    def titles(self) -> Mapping[str, str]:
        home = self._pages[HOME].read_text(encoding="utf-8")
        return {HOME: "Guide"} | {name: title for title, name in _LISTED.findall(home)}

    def page(self, name: str) -> GuidePage | None:
        file = self._pages.get(name)
        return _page(name, file.read_text(encoding="utf-8")) if file is not None else None

    def picture(self, name: str) -> bytes | None:
        file = self._pictures.get(name)
        return file.read_bytes() if file is not None else None


def _page(name: str, text: str) -> GuidePage:
    parser = _parser()
    tokens = parser.parse(_COMMENT.sub("", text))
    titles = list(_named_headings(tokens))
    tokens = list(_without_empty_heads(tokens))
    _reach(tokens)
    for token in tokens:
        for inner in token.children or ():
            _settled(inner)
    body = parser.renderer.render(tokens, parser.options, {})
    return GuidePage(name=name, title=titles[0] if titles else name, body=body)


def _parser() -> "MarkdownIt":
    """The library takes a tenth of a second to import."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule("code_inline", _code)
    parser.add_render_rule("fence", _fence)
    return parser


def _fence(renderer: "RendererHTML", tokens: "Sequence[Token]", at: int, *rest: Any) -> str:
    """What is wider than the page is moved by keys, too, once it can be reached."""
    return renderer.fence(tokens, at, *rest).replace("<pre>", '<pre tabindex="0">', 1)


def _code(_: object, tokens: "Sequence[Token]", at: int, *__: object) -> str:
    return f"<code>{_JOINT.sub(_breakable, escape(tokens[at].content))}</code>"


def _breakable(joint: re.Match[str]) -> str:
    return f"{joint[0]}<wbr>"


def _named_headings(tokens: "list[Token]") -> Iterator[str]:
    """Gives them their anchors; the words of each."""
    anchors = Anchors()
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(inner.content for inner in inline.children or ())
            opening.attrSet("id", anchors.name(words))
            yield words


def _without_empty_heads(tokens: "Sequence[Token]") -> "Iterator[Token]":
    """Markdown has no table without a head; one without words is none."""
    head: list[Token] = []
    for token in tokens:
        if token.type == "thead_open" or head:
            head.append(token)
        else:
            yield token
        if token.type == "thead_close":
            yield from head if any(each.content for each in head) else ()
            head = []


def _reach(tokens: "Sequence[Token]") -> None:
    """The same as for code: tables, and pictures that stand by themselves."""
    for opening, inline in pairwise(tokens):
        alone = [inner.type for inner in inline.children or ()] == ["image"]
        if opening.type == "table_open" or (opening.type == "paragraph_open" and alone):
            opening.attrSet("tabindex", "0")


def _settled(token: "Token") -> None:
    """Links lead where the page is served; a picture that is not served is told in words."""
    if token.type == "link_open":
        token.attrSet("href", _address(str(token.attrGet("href"))))
    elif token.type == "image":
        source = str(token.attrGet("src"))
        if "/" in source:
            token.type, token.tag, token.children = "text", "", None
            token.content = f"(picture: {token.content})"
        token.attrSet("src", f"{PLACE}/{source}")


def _address(link: str) -> str:
    if found := _PAGE.fullmatch(link):
        name = "" if found["name"] == HOME else f"/{found['name']}"
        return f"{PLACE}{name}{found['anchor'] or ''}"
    return link if link.startswith(_ELSEWHERE) else "#"
