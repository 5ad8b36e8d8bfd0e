import pytest

from app.adapters.markdown_texts import MarkdownTexts
from app.domain.writing.formats import TextFormat
from scripts import bench_media
from scripts.bench_judged import judge
from scripts.bench_queries import Answer, Query, queries

LEAST = 60  # queries over the corpus


def test_there_are_enough_queries_of_each_kind() -> None:
    asked = queries("corpus")

    assert len(asked) >= LEAST
    assert {query.kind for query in asked} == {"speech", "text", "image", "keyframe"}
    assert {query.kind for query in queries("made")} == {query.kind for query in asked}


@pytest.mark.parametrize("name", ["corpus", "made"])
def test_no_query_is_asked_twice_of_a_kind(name: str) -> None:
    asked = [(query.kind, query.text.casefold()) for query in queries(name)]

    assert len(asked) == len(set(asked))


def test_every_answer_over_the_corpus_is_there() -> None:
    found = bench_media.corpus()
    if not found:
        pytest.skip("there is no corpus beside the repository")

    for answer in answers("corpus"):
        assert answer.medium in found
        if answer.anchor:
            text = found[answer.medium].read_text("utf-8")
            assert answer.anchor in anchors(text), answer


def test_every_answer_over_what_is_made_is_there() -> None:
    names = {*bench_media.TEXTS, *bench_media.SCREENSHOTS, *bench_media.PHOTOS}
    names |= {"jfk.flac", "two_cities.wav", "slides.mp4"}

    for answer in answers("made"):
        assert answer.medium in names
        if answer.anchor:
            assert answer.anchor in anchors(bench_media.TEXTS[answer.medium]), answer


def test_a_first_hit_at_the_right_second_is_worth_all() -> None:
    query = asked(Answer(medium="talk.wav", at=12.0))

    found = judge(query, "hybrid", [hit("talk.wav", start=10.5), hit("other.wav")])

    assert (found.recall, found.reciprocal, found.placed) == (1.0, 1.0, True)


def test_a_frame_stands_for_its_video_and_a_late_hit_is_not_at_the_place() -> None:
    query = asked(Answer(medium="talk.mp4", at=12.0))
    frame = hit("talk.mp4#t=20", start=20.0, parent="talk.mp4")

    found = judge(query, "hybrid", [hit("other.wav"), frame])

    assert (found.recall, found.reciprocal, found.placed) == (1.0, 0.5, False)


def test_recall_counts_all_right_media_among_the_first_five() -> None:
    query = asked(Answer(medium="a"), Answer(medium="b"))
    others = [hit(f"other-{number}") for number in range(4)]

    found = judge(query, "hybrid", [hit("a"), *others, hit("b")])

    assert (found.recall, found.reciprocal, found.placed) == (0.5, 1.0, None)


def test_what_is_not_found_is_worth_nothing() -> None:
    found = judge(asked(Answer(medium="a", at=1.0)), "keyword", [hit("other")])

    assert (found.recall, found.reciprocal, found.placed) == (0.0, 0.0, None)


def test_a_passage_is_at_the_place_under_its_heading() -> None:
    query = asked(Answer(medium="page.mdx", anchor="links"))

    found = judge(query, "hybrid", [hit("page.mdx", url="/watch/page.mdx#links")])

    assert found.placed is True


def asked(*answers: Answer) -> Query:
    return Query(kind="speech", text="what", answers=answers)


def hit(
    asset: str, *, start: float = 0.0, parent: str | None = None, url: str = ""
) -> dict[str, object]:
    return {"asset_id": asset, "parent_id": parent, "start": start, "url": url}


def answers(name: str) -> list[Answer]:
    return [answer for query in queries(name) for answer in query.answers]


def anchors(text: str) -> set[str]:
    return {passage.anchor for passage in MarkdownTexts().read(text, TextFormat.MDX).passages}
