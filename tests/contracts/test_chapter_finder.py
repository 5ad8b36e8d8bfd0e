"""The port `ChapterFinder`, with the real sentence model in a real worker process."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
import pytest_asyncio

from app.adapters.embedders.chapters import MOST, SHORTEST, PhraseChapters
from app.adapters.embedders.text_onnx import OnnxEmbedder
from app.adapters.process_pool import ProcessPool
from app.adapters.weights.shelf import ModelShelf
from app.domain.models import ModelKind
from app.ports import ChapterFinder, Vector
from tests.media import OWN

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRINTING = """Printing is modern in comparison with most of the arts and crafts of the book.
The Chinese printed from wood blocks engraved in relief for many centuries before us.
The art of printing began when movable metal letters were cast for the first time.
The earliest book printed with movable types was the forty-two line Bible of Gutenberg.
Printers in Venice cut Roman letters, and the printed page became light and readable.
A printer sets his types by hand, locks them into a frame, and inks them all.""".splitlines()
BREAD = """Bread begins with flour, water and a sourdough that has been fed the night before.
Knead the dough until it is smooth, and let it rise in a warm corner of the kitchen.
The baker folds the dough again, so that the bread gets an open and airy crumb.
A hot oven and a little steam give the loaf of bread its crisp and dark crust.
Rye flour makes a heavier dough, which wants more water and more time to rise.
Let the loaf cool down before you cut it, or the crumb of the bread will be gummy.""".splitlines()
STARS = """The telescope was pointed at a spiral galaxy two million light years away.
A star is born when a cloud of hydrogen gas collapses under its own gravity.
Planets wander before the fixed stars, as astronomers noticed in ancient times.
The light of a distant star shows in its spectrum which elements are burning there.
When a massive star has burnt its fuel it explodes, and astronomers see a supernova.
In the centre of our galaxy a black hole bends the light of the stars behind it.""".splitlines()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def finder(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[ChapterFinder]:
    pool = ProcessPool(1, name="embedding", logs=tmp_path_factory.mktemp("logs"))
    found = ModelShelf(model_folder).find("all-MiniLM-L6-v2", ModelKind.SENTENCE_ONNX)
    embedder = OnnxEmbedder(pool, found.path, "all-MiniLM-L6-v2")
    await embedder.load()
    yield PhraseChapters(pool, embedder)
    await pool.aclose()


async def test_a_chapter_begins_where_talk_turns_to_another_subject(finder: ChapterFinder) -> None:
    found = await finder.find([*PRINTING, *BREAD, *STARS], "en")
    assert [first for first, _ in found] == [0, len(PRINTING), len(PRINTING) + len(BREAD)]
    titles = [title for _, title in found]
    assert [
        any(word in title.lower() for word in words)
        for title, words in zip(
            titles,
            (("print", "book"), ("bread", "dough"), ("star", "galax", "astron")),
            strict=True,
        )
    ] == [True, True, True], titles


async def test_a_title_is_said_in_its_chapter(finder: ChapterFinder) -> None:
    found = await finder.find([*PRINTING, *BREAD], "en")
    for (_, title), text in zip(found, (PRINTING, BREAD), strict=True):
        assert title and title.lower() in " ".join(text).lower()


async def test_talk_of_one_subject_is_one_chapter(finder: ChapterFinder) -> None:
    assert [first for first, _ in await finder.find(BREAD, "en")] == [0]
    text = (OWN / "two_cities.txt").read_text(encoding="utf-8").splitlines()
    assert [first for first, _ in await finder.find(text, "en")] == [0]


async def test_the_same_talk_has_the_same_chapters(finder: ChapterFinder) -> None:
    assert await finder.find(STARS, None) == await finder.find(STARS, None)


@pytest.mark.parametrize("passages", [[], [""], [" ", "\n"]])
async def test_where_nothing_is_said_there_is_no_chapter(
    finder: ChapterFinder, passages: list[str]
) -> None:
    assert list(await finder.find(passages, "en")) == []


@pytest.mark.parametrize("passages", [["the of and"], ["12 34 ..."], ["\udce9\0", "机" * 1000]])
async def test_a_chapter_that_nothing_names_has_no_title_or_its_own_words(
    finder: ChapterFinder, passages: list[str]
) -> None:
    [(first, title)] = await finder.find(passages, "en")
    assert first == 0 and len(title) <= 60


class Shifting:
    """Every subject has a meaning of its own, named by its number; titles mean nothing."""

    ready = True

    async def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        numbers = [int(text) if text.isdigit() else 0 for text in texts]
        return [[float(number % 16 == each) for each in range(16)] for number in numbers]


async def test_hours_of_wild_talk_have_a_bounded_number_of_chapters(
    finder: ChapterFinder,
) -> None:
    assert isinstance(finder, PhraseChapters)
    lengths = [SHORTEST + number * number % 37 for number in range(120)]
    talk = [str(number) for number, length in enumerate(lengths) for _ in range(length)]
    found = await PhraseChapters(finder._pool, Shifting()).find(talk, "en")
    firsts = [first for first, _ in found]
    assert 10 < len(found) <= MOST
    assert firsts == sorted(set(firsts)) and firsts[0] == 0
