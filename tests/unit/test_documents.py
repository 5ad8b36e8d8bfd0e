"""Markdown and MDX as their readers see them, and where each part of them stands."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.markdown_texts import MarkdownTexts
from app.domain.errors import MediaTooLarge
from app.domain.writing import document as documents
from app.domain.writing.anchors import Anchors, slug
from app.domain.writing.document import MAX_LENGTH, Document
from app.domain.writing.formats import TextFormat, text_format_of

document_of = MarkdownTexts().read
MARKED_UP = [TextFormat.MARKDOWN, TextFormat.MDX]


def mdx(text: str) -> Document:
    return document_of(text, TextFormat.MDX)


def md(text: str) -> Document:
    return document_of(text, TextFormat.MARKDOWN)


def shown(document: Document) -> list[str]:
    return [passage.text for passage in document.passages]


def outline(document: Document) -> list[tuple[int, str, str]]:
    return [(each.level, each.text, each.anchor) for each in document.headings]


def test_a_name_tells_how_a_text_is_written() -> None:
    names = ["a.mdx", "https://x.org/B.MD?q=1", "c.markdown", "d.txt", "e"]
    assert [text_format_of(name).value for name in names] == [
        *("mdx", "markdown", "markdown", "plain", "plain")
    ]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Getting Started", "getting-started"),
        ("What you'll need", "what-youll-need"),
        ("  C++ & C#: 100% (2.0) ", "c--c-100-20"),
        ("snake_case – and—dashes -x", "snake_case--anddashes--x"),  # noqa: RUF001
        ("Über Straße", "über-straße"),
        ("谁说的？ नमस्ते", "谁说的-नमस्ते"),  # noqa: RUF001
        ("🚀 Launch", "-launch"),
        ("!!!", ""),
    ],
)
def test_a_heading_is_named_as_github_names_it(text: str, named: str) -> None:
    assert slug(text) == named


def test_a_name_that_is_there_gets_a_number() -> None:
    anchors = Anchors()
    headings = ["Foo", "foo", "Foo 1", "FOO", "foo-1"]
    assert [anchors.name(each) for each in headings] == [
        *("foo", "foo-1", "foo-1-1", "foo-2", "foo-1-2")
    ]


@pytest.mark.parametrize("text_format", MARKED_UP)
def test_headings_are_found_however_they_are_written(text_format: TextFormat) -> None:
    document = document_of(
        "# One *bold* `code` #\n\n## Two {#second}\ntext\n\nThree\nlines\n===\n\nFour\n---\n"
        '\n### Five {/* #fifth */}\n<h2 id="six">Six</h2>\n#No heading\n\n####### Nor this\n',
        text_format,
    )
    assert outline(document) == [
        (1, "One bold code", "one-bold-code"),
        (2, "Two", "second"),
        (1, "Three lines", "three-lines"),
        (2, "Four", "four"),
        (3, "Five", "fifth"),
        (2, "Six", "six"),
    ]
    assert document.title == "One bold code"


def test_a_line_across_the_page_makes_no_heading() -> None:
    document = md("- item\n---\n\n| a |\n---\n\n***\n\n---\ntext\n")
    assert document.headings == () and document.title is None


def test_passages_point_to_the_heading_above_them() -> None:
    document = md("before\n\n# A\n\nof a\n\n## B\n\nof b\n\nmore of b\n\n## B\n")
    assert [(each.anchor, each.text) for each in document.passages] == [
        ("", "before"),
        ("a", "A\nof a"),
        ("b", "B\nof b\nmore of b"),
        ("b-1", "B"),
    ]


def test_imports_exports_and_tags_are_dropped_and_what_they_hold_is_kept() -> None:
    document = mdx(
        "import {Note} from './note.jsx'\nimport './style.css'\n\n"
        "export const info = {\n  author: 'x',\n\n  n: [1]\n}\nexport default Page\n\n"
        '<Note type="info"\n  onClick={() => { go({x: 1}) }}>\n  Mind the **gap**.\n</Note>\n\n'
        "Visitors: {count}, {'kept'} and <b>b</b>old <Big>words</Big>! {/* not this */}\n"
        '<img src="x.png" alt="A red balloon" /><>x</>\n'
    )
    assert shown(document) == [
        "Mind the gap.\nVisitors: , kept and bold words ! A red balloon x",
    ]


def test_prose_that_begins_with_import_is_prose() -> None:
    text = "import taxes were raised\nexport of goods fell"
    assert shown(mdx(text)) == ["import taxes were raised export of goods fell"]


def test_code_is_kept_letter_by_letter_in_a_passage_of_its_own() -> None:
    code = "import x from 'y'\n\n<Foo bar={1}>*not bold*</Foo> # no heading\nsnake_case()"
    document = mdx(f'# A\n\nsay:\n\n```jsx title="src/a b.js" {{1,3}}\n{code}\n```\n\nafter\n')
    assert [(each.code, each.text) for each in document.passages] == [
        (False, "A\nsay:"),
        (True, f"src/a b.js\n{code}"),
        (False, "after"),
    ]
    assert outline(document) == [(1, "A", "a")]


@pytest.mark.parametrize(
    "text",
    ["~~~~\n```\nx < y\n~~~\n~~~~", "````\n```\nx < y\n~~~\n````", "- ~~~\n  ```\n  x < y\n  ~~~~"],
)
def test_a_fence_is_closed_by_one_of_its_kind(text: str) -> None:
    assert all(each.code for each in md(text).passages) and "x < y" in shown(md(text))[0]


def test_a_fence_without_an_end_reaches_to_the_end_of_the_text() -> None:
    assert shown(md("```\n# a\n\nb")) == ["# a\n\nb"]


def test_four_spaces_make_code_in_markdown_but_not_in_a_list_nor_in_mdx() -> None:
    assert [each.code for each in md("a\n\n    <b>x</b>\n\n    *y*\n\nc").passages] == [
        *(False, True, False)
    ]
    assert shown(md("- a\n\n    *b*")) == ["a\nb"]
    assert shown(mdx("a\n\n    *b*")) == ["a\nb"]


def test_code_in_a_line_is_no_markup() -> None:
    text = "Use `<Big>`, ``a ` b``, `{x}` and `__init__`, not ` alone."
    assert shown(mdx(text)) == ["Use <Big>, a ` b, {x} and __init__, not ` alone."]


def test_links_are_their_words() -> None:
    text = (
        "See [the *docs*](https://x.org/a_(b) 'T'), [ref][r], [both][], ![alt text](i.png),"
        " [![badge](b.svg)](c), <https://x.org/y>, <me@x.org>[^1] and [none].\n\n"
        "[r]: https://x.org\n[both]: https://x.org\n[^1]: A note.\n"
    )
    assert shown(md(text)) == [
        "See the docs, ref, both, alt text, badge, https://x.org/y, me@x.org and [none].\nA note."
    ]


def test_marks_are_dropped_and_signs_are_kept() -> None:
    text = (
        "> **Note**: *a* _b_ ~~c~~ snake_case 2 * 3 \\*d\\* a < b &amp; c\\\nnext\n\n"
        "1. one\n2. [x] two\n   * three\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n"
        ":::tip[My tip]\nx\n:::\n"
    )
    assert shown(md(text)) == [
        "Note: a b c snake_case 2 * 3 *d* a < b & c next\none two three\na b 1 2\nMy tip x"
    ]


def test_letters_that_are_spelt_out_are_read() -> None:
    text = "a&nbsp;b &lt;Tag&gt; &#x41;&#66; &copy; `&amp;` &unknown; &NotEqualTilde; AT&T"
    assert shown(md(text)) == ["a b <Tag> AB © &amp; &unknown; &NotEqualTilde; AT&T"]


def test_comments_scripts_and_styles_are_dropped() -> None:
    text = (
        "a <!-- b\n\nc --> d\n\n<script>\nlet e = 1;\n\nf()\n</script>\n<style>g{}</style> h <!-- i"
    )
    assert shown(md(text)) == ["a\nd\nh <!-- i"]


def test_a_less_than_sign_is_no_tag_and_a_brace_alone_is_kept() -> None:
    assert shown(mdx("1 < 2 and {open and 3 > 2, x <y")) == ["1 < 2 and {open and 3 > 2, x <y"]


def test_front_matter_is_no_part_of_the_text_and_takes_no_place() -> None:
    text = "---\ntitle: T\n---\n# A\nx\n"
    [passage] = md(text).passages
    assert passage.text == "A\nx" and text[passage.start : passage.end] == "# A\nx\n"


def test_a_plain_text_is_taken_as_it_is() -> None:
    text = "# not a heading\r\n<b>{x}</b>  import a\n\n\tsecond *one* &amp;"
    document = document_of(text, TextFormat.PLAIN)
    assert shown(document) == ["# not a heading <b>{x}</b> import a\nsecond *one* &amp;"]
    assert document.headings == ()


def test_long_paragraphs_are_cut_where_sentences_end() -> None:
    text = "This is one sentence of a long text. " * 60
    found = document_of(text, TextFormat.PLAIN).passages
    assert len(found) > 3
    assert all(each.text.endswith("text.") and len(each.text) <= MAX_LENGTH for each in found)
    assert " ".join(each.text for each in found) == text.strip()


def test_a_text_without_a_place_to_cut_is_cut_all_the_same() -> None:
    found = document_of("x" * 1500, TextFormat.PLAIN).passages
    assert [len(each.text) for each in found] == [600, 600, 300]


def test_offsets_lead_to_the_place_in_the_text() -> None:
    text = "intro\n\n## *A*\n\n[link](x) words\n\n```\ncode\n```\n"
    assert [text[each.start : each.end].strip() for each in md(text).passages] == [
        "intro",
        "## *A*\n\n[link](x) words",
        "```\ncode\n```",
    ]
    [heading] = md(text).headings
    assert text[heading.start :].startswith("## *A*")


MARKS = st.sampled_from(
    "word`*_[](){}<>#=-|\\!:/\"'\n\t &;~+.\x00\x01é谁".replace("word", "w")
) | st.sampled_from(["\n\n", "```", "<b ", "</", "import ", "export const ", "{/*", "<!--", "](x)"])


@given(st.lists(MARKS, max_size=80).map("".join), st.sampled_from(TextFormat))
def test_whatever_is_written_passages_stand_in_order_within_it(
    text: str, text_format: TextFormat
) -> None:
    document = document_of(text, text_format)
    places = [place for each in document.passages for place in (each.start, each.end)]
    assert places == sorted(places) and all(0 <= place <= len(text) for place in places)
    assert all(each.text.strip() and "\x00" not in each.text for each in document.passages)
    anchors = {heading.anchor for heading in document.headings}
    assert all(each.anchor in anchors | {""} for each in document.passages)


@given(st.text(max_size=3000))
def test_no_word_of_a_plain_text_is_lost(text: str) -> None:
    found = document_of(text, TextFormat.PLAIN).passages
    kept = "".join("".join(each.text.split()) for each in found)
    cleaned = text.replace("\x00", "").replace("\x01", "")
    assert kept == "".join(cleaned.split())


def test_real_pages_show_neither_tags_nor_imports(corpus: Path) -> None:
    pages = sorted((corpus / "mdx").glob("*.md*"))
    assert pages
    for page in pages:
        document = document_of(page.read_text("utf-8"), text_format_of(page.name))
        prose = "\n".join(each.text for each in document.passages if not each.code)
        assert document.title and len(document.passages) > 3
        assert not any(mark in prose for mark in ("className=", "export const", "](/", "](#", "</"))


def test_real_headings_are_those_of_the_site(corpus: Path) -> None:
    page = corpus / "mdx" / "docusaurus_docs_tutorial-basics_markdown-features.mdx"
    assert outline(mdx(page.read_text("utf-8"))) == [
        (1, "Markdown Features", "markdown-features"),
        (2, "Front Matter", "front-matter"),
        (2, "Headings", "my-heading-id"),
        (3, "Heading Ids", "my-custom-id"),
        (2, "Links", "links"),
        (2, "Images", "images"),
        (2, "Code Blocks", "code-blocks"),
        (2, "Admonitions", "admonitions"),
        (2, "MDX and React Components", "mdx-and-react-components"),
    ]


PROSE = [
    "You can\nexport functions to a file, and more.",
    "Then\nexport default settings (see\n\nbelow) and go on.",
    "You can\nimport this from 'there', if you like.",
    'import your notes. A quote from "Hamlet" follows.',
    'imports from "here" are many',
]


@pytest.mark.parametrize("text", PROSE)
def test_words_do_not_vanish_from_prose_that_speaks_of_imports_and_exports(text: str) -> None:
    for document in (md(text), mdx(text)):
        words = " ".join(" ".join(each.text for each in document.passages).split())
        assert words.startswith(" ".join(text.split())[:20]) and words[-6:] == text[-6:]


def test_markdown_that_is_no_mdx_has_no_imports_and_exports() -> None:
    text = "import x from 'y'\n\nexport const a = 1"
    assert shown(md(text)) == ["import x from 'y'\nexport const a = 1"]
    assert shown(mdx(text)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "import x from 'y'",
        "import x, {y as z} from 'y';",
        'import {\n  a,\n  b,\n} from "y"',
        "import * as x from 'y'",
        "import type {X} from 'y'",
        "import type from 'y'",
        "import type X from 'y'",
        "import type, {a} from 'y'",
        "import{x}from'y'",
        "import 'y.css'",
        "import x from 'y'\nimport z from 'y'\nexport * from 'y'",
        "export const x = {\n  a: 1,\n\n  b: 2\n}",
        "export async function* walk() {\n  go()\n\n  go()\n}",
        "export class A extends B {}",
        "export {x as default}",
        "export{x}",
        "export default function Page({children}) { return children }",
        "export type A = string",
    ],
)
@pytest.mark.parametrize(
    "above", ["", "---\ntitle: T\n---\n", "words\n\n", "# A\n", "```\nx\n```\n"]
)
def test_statements_at_the_beginning_of_a_block_are_dropped(statement: str, above: str) -> None:
    assert shown(mdx(f"{above}{statement}\n\nwords\n")) == shown(mdx(f"{above}\n\nwords\n"))


def seconds(text: str, text_format: TextFormat) -> float:
    """Of this process: what others do counts little."""
    begun = time.process_time()
    document_of(text, text_format)
    return time.process_time() - begun


def grows_as_its_length(part: str, text_format: TextFormat) -> bool:
    """Whether in one of some tries four times as much costs less than eight times as much."""
    return any(
        seconds(part * 4, text_format) < 8 * seconds(part, text_format) + 0.02 for _ in range(3)
    )


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "part",
    [
        *("import type" + " " * 40, "import a\n# \n", "<a b='", '<a b="<a c=\'" ', "a[b][c] "),
        *("<h1>x", "<h1 ", "import a b\n", "\n\nimport a b", "\n\nimport {", "\n\nexport {"),
        *("\n\nexport const a b", "\n\nimport a, ", "    x\n", "# a\n", "a\n---\n"),
        *("* a\n", "**a_ ", "[a](b ", "\n<a {", "> - ", "|a|b\n|-|-\n"),
    ],
)
@pytest.mark.parametrize("text_format", MARKED_UP)
def test_a_text_of_one_mark_over_and_over_costs_no_more_than_its_length(
    part: str, text_format: TextFormat
) -> None:
    assert grows_as_its_length(part * (10_000 // len(part)), text_format)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("begins", ["import type", "# ", "import {", "<a "])
@pytest.mark.parametrize("goes_on", [" ", "a"])
def test_one_long_line_costs_no_more_than_its_length(begins: str, goes_on: str) -> None:
    spent = [
        [seconds(begins + goes_on * length, TextFormat.MDX) for length in (5_000, 20_000)]
        for _ in range(3)
    ]
    assert any(long < 8 * short + 0.02 for short, long in spent)


def test_a_line_under_an_item_of_a_list_makes_no_heading_of_it() -> None:
    document = md("- item\n  more\n---\nof no heading\n")
    assert document.headings == () and shown(document) == ["item more\nof no heading"]


def test_a_line_under_a_line_of_colons_makes_no_heading_of_it() -> None:
    document = md(":::note\nwords\n\n:::\n---\nafter\n")
    assert document.headings == () and shown(document) == ["words\nafter"]


def test_words_in_brackets_that_lead_nowhere_are_kept() -> None:
    text = "A [sic](as it was said), [a](x(y(z))), [b] and [B c].\n\n[ b  C ]: https://x.org\n"
    assert shown(md(text)) == ["A [sic](as it was said), a, [b] and B c."]


def test_a_footnote_of_one_word_is_kept() -> None:
    assert shown(md("See[^1].\n\n[^1]: Ibidem\n")) == ["See.\nIbidem"]


def test_marks_within_words_are_marks_and_signs_alone_are_none() -> None:
    text = 'un*believ*able, 这是**重点**内容, 5 * 3 * 2, a_b_c, *(*x), __init__.py and **"a"**'
    assert shown(md(text)) == [
        'unbelievable, 这是重点内容, 5 * 3 * 2, a_b_c, *(*x), init.py and "a"'
    ]


def test_code_in_a_quote_or_a_list_is_kept_without_their_signs() -> None:
    document = md("> ```\n> a = 1\n>   b\n> ```\n\n1. ~~~\n   c\n\n   d\n   ~~~\n\n       e\n")
    assert all(each.code for each in document.passages)
    assert "\n".join(shown(document)) == "a = 1\n  b\nc\n\nd\ne"


def test_no_word_of_a_list_within_many_lists_is_lost() -> None:
    text = "".join(f"{'  ' * depth}- w{depth}\n" for depth in range(40))
    found = "\n".join(shown(md(text)))
    assert all(f"w{depth}" in found.replace("-", " ").split() for depth in range(40))


def test_code_deep_between_tags_of_mdx_is_code() -> None:
    document = mdx(
        '<Tabs\n  values={{\n    a: "x"\n  }}\n>\n  <Tab>\n        ```js\n        <a>{b}</a>\n'
        "        ```\n  </Tab>\n</Tabs>\n## After\n"
    )
    assert [(each.code, each.text) for each in document.passages] == [
        *((True, "<a>{b}</a>"), (False, "After"))
    ]
    assert outline(document) == [(2, "After", "after")]


def test_lines_of_colons_and_tags_in_code_are_code() -> None:
    text = "```\n:::tip\n<Tab>\n  </Tab>\n```\nwords\n"
    assert [shown(md(text)), shown(mdx(text))] == [[":::tip\n<Tab>\n  </Tab>", "words"]] * 2


def test_no_word_of_an_index_in_brackets_is_lost() -> None:
    text = "Read matrix[i][j], [a][no] and [b][], but [c][`d`] and [`d`].\n\n[`d`]: https://x.org\n"
    assert shown(md(text)) == ["Read matrix[i][j], [a][no] and [b][], but c and d."]


def test_no_word_in_angle_brackets_that_are_no_tag_is_lost() -> None:
    text = "Press <Ctrl+C>, a Map<K, V>, $x<y$ and z>1, <b class='x' hidden>b</b ><br/>."
    assert shown(md(text)) == ["Press <Ctrl+C>, a Map<K, V>, $x<y$ and z>1, b ."]


def test_a_tag_over_lines_of_a_quote_is_a_tag() -> None:
    found = shown(md('> see <a\n> href="x"\n> id=y>this</a> page\n'))
    assert " ".join(found).split() == ["see", "this", "page"]


@pytest.mark.parametrize("text_format", MARKED_UP)
def test_the_title_of_a_tag_is_not_glued_to_the_word_behind_it(text_format: TextFormat) -> None:
    text = 'An <abbr title="Old name">abbreviation</abbr>, <b>b</b>old.'
    assert shown(document_of(text, text_format)) == ["An Old name abbreviation, bold."]


@pytest.mark.parametrize("text_format", MARKED_UP)
def test_a_heading_without_end_is_cut_and_so_is_what_names_it(text_format: TextFormat) -> None:
    document = document_of("# " + "word " * 2000 + "\n\nunder it\n", text_format)
    [heading] = document.headings
    assert document.title == heading.text == ("word " * 40).strip()
    assert heading.anchor == "-".join(["word"] * 40)
    assert {each.anchor for each in document.passages} == {heading.anchor}
    assert all(len(each.text) <= MAX_LENGTH for each in document.passages)
    assert " ".join(shown(document)).split() == ["word"] * 2000 + ["under", "it"]


def test_a_heading_is_whole_whatever_address_its_link_has() -> None:
    document = md(f"# See [the page](https://x.org/{'a' * 900}) now\n")
    assert shown(document) == ["See the page now"]


def test_a_text_of_more_passages_than_one_may_have_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(documents, "MOST_PASSAGES", 100)
    assert len(md("# a\n" * 100).passages) == 100
    with pytest.raises(MediaTooLarge, match="100 passages"):
        md("# a\n" * 101)
