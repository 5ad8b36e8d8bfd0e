"""What a picture is found by."""

from dataclasses import replace
from datetime import UTC, datetime

from app.adapters.markdown_texts import MarkdownTexts
from app.domain.assets import Asset, Picture, Tag, TextLine
from app.domain.media_types import MediaType
from app.pipeline.moments import moments_of
from app.pipeline.picture_moments import MAX_LENGTH

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BLANK = Asset(
    asset_id="p",
    media_type=MediaType.IMAGE,
    job_id="j",
    title="IMG_1",
    created_at=NOW,
    updated_at=NOW,
    picture=Picture(width=4, height=3, visual=(1.0,)),
)


def with_picture(**found: object) -> Asset:
    assert BLANK.picture
    return replace(BLANK, picture=replace(BLANK.picture, **found))  # type: ignore[arg-type]


def test_a_picture_without_any_words_is_found_by_its_name_and_its_looks() -> None:
    [moment] = moments_of(BLANK, None, MarkdownTexts())
    assert (moment.text, moment.visual, moment.thumbnail) == ("IMG_1", (1.0,), True)


def test_a_description_stands_before_the_tags() -> None:
    asset = with_picture(tags=(Tag(label="espresso", score=0.9), Tag(label="cup", score=0.3)))
    [moment] = moments_of(replace(asset, description="Breakfast."), None, MarkdownTexts())
    assert moment.text == "Breakfast.\nespresso, cup"


def test_a_page_of_text_becomes_passages_of_whole_lines_in_order() -> None:
    lines = [f"This is line {number} of a long page of text." for number in range(40)]
    asset = with_picture(lines=tuple(TextLine(text=line, score=0.9) for line in lines))
    _, *passages = moments_of(asset, None, MarkdownTexts())
    assert len(passages) > 3
    assert "\n".join(moment.text for moment in passages).split("\n") == lines
    assert all(len(moment.text) <= MAX_LENGTH for moment in passages)
    assert [moment.moment_id for moment in passages] == [
        f"p#{number}" for number in range(1, len(passages) + 1)
    ]
    assert all(moment.visual is None and moment.thumbnail for moment in passages)


def test_a_line_that_is_too_long_alone_is_kept_whole() -> None:
    asset = with_picture(lines=(TextLine(text="word " * 200, score=0.9),))
    assert len(moments_of(asset, None, MarkdownTexts())) == 2
