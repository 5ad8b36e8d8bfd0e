"""Every reader of a guide: pages in order, safe to show, links to where they are served."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.adapters.markdown_guide import FOLDER, MarkdownGuide
from app.domain.guide import HOME
from app.ports import GuideReader

READERS: dict[str, Callable[[Path], GuideReader]] = {"markdown": MarkdownGuide}


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, tmp_path: Path) -> GuideReader:
    (tmp_path / "index.md").write_text("# Guide\n\n- [Second](two.md): more\n- [First](one.md)\n")
    (tmp_path / "one.md").write_text(PAGE)
    (tmp_path / "two.md").write_text("# Two\n")
    (tmp_path / "plan.svg").write_text("<svg/>")
    (tmp_path / "curve.png").write_bytes(b"PNG")
    return READERS[request.param](tmp_path)


PAGE = """# The `one` page

<!-- not run: a note to the tests -->
[Two](two.md), [its part](two.md#a-part), [home](index.md), [here](#twice), [web](https://a.example/)
[away](../../pyproject.toml) ![plan](plan.svg) ![far](../pictures/far.png)

## Twice

## Twice

<script>alert(1)</script> [evil](javascript:alert(1)) <b onclick="x()">bold</b>

| a | b |
|---|---|
| 1 | `<2>` |
| 2 | `APP__SERVER__PORT`, `a.b`, `_c` |

| | |
|---|---|
| bare | table |

![plan](plan.svg)

```text
wide
```
"""


def body(reader: GuideReader) -> str:
    page = reader.page("one")
    assert page is not None
    return page.body


def test_titles_come_in_the_order_of_the_home(reader: GuideReader) -> None:
    assert list(reader.titles().items()) == [
        (HOME, "Guide"),
        ("two", "Second"),
        ("one", "First"),
    ]


def test_a_page_has_the_title_of_its_first_heading(reader: GuideReader) -> None:
    page = reader.page("one")
    assert page is not None
    assert (page.name, page.title) == ("one", "The one page")


@pytest.mark.parametrize("name", ["", "three", "../one", "one.md", "plan.svg", "ONE", "\0"])
def test_what_is_no_page_is_none(reader: GuideReader, name: str) -> None:
    assert reader.page(name) is None


def test_pictures_are_found_by_their_names_alone(reader: GuideReader) -> None:
    assert reader.picture("plan.svg") == b"<svg/>"
    assert reader.picture("curve.png") == b"PNG"
    assert [reader.picture(name) for name in ("one", "one.md", "../plan.svg", "")] == [None] * 4


def test_links_lead_to_pages_where_they_are_served(reader: GuideReader) -> None:
    found = body(reader)
    for address in ("/docs/guide/two", "/docs/guide/two#a-part", "/docs/guide", "#twice"):
        assert f'<a href="{address}">' in found
    assert '<a href="https://a.example/">' in found
    assert "pyproject" not in found


def test_headings_have_the_anchors_that_github_gives_them(reader: GuideReader) -> None:
    found = body(reader)
    for anchor in ("the-one-page", "twice", "twice-1"):
        assert f' id="{anchor}">' in found


def test_nothing_written_becomes_markup(reader: GuideReader) -> None:
    found = body(reader)
    assert "<script" not in found and "<b " not in found
    assert 'href="javascript' not in found
    assert "&lt;script&gt;" in found and "<code>&lt;2&gt;</code>" in found


def test_a_long_name_may_be_broken_at_its_joints_and_reads_the_same(reader: GuideReader) -> None:
    found = body(reader)
    assert "<code>APP__<wbr>SERVER__<wbr>PORT</code>" in found
    assert "<code>a.<wbr>b</code>" in found and "<code>_c</code>" in found


def test_what_may_be_wider_than_the_page_is_reached_by_keys(reader: GuideReader) -> None:
    found = body(reader)
    assert found.count('<table tabindex="0">') == found.count("<table") == 2
    assert '<pre tabindex="0"><code class="language-text">wide' in found
    assert '<p tabindex="0"><img src="/docs/guide/plan.svg"' in found
    assert found.count("tabindex") == 4


def test_a_table_has_a_head_only_where_that_has_words(reader: GuideReader) -> None:
    found = body(reader)
    assert found.count("<thead>") == 1 and "<th>a</th>" in found
    assert "<td>bare</td>" in found


def test_notes_to_the_tests_are_not_shown(reader: GuideReader) -> None:
    assert "not run" not in body(reader)


def test_a_picture_that_is_not_served_is_told_in_words(reader: GuideReader) -> None:
    found = body(reader)
    assert '<img src="/docs/guide/plan.svg" alt="plan"' in found
    assert "far.png" not in found and "(picture: far)" in found


def test_every_page_of_the_guide_itself_can_be_read() -> None:
    guide = MarkdownGuide(FOLDER)
    for name, title in guide.titles().items():
        page = guide.page(name)
        assert page is not None, name
        assert page.title and page.body.startswith("<h1 "), title
