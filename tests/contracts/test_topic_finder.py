"""The port `TopicFinder` over KeyBERT, with the real sentence model in a real worker process."""

import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from app.adapters.embedders import topics
from app.adapters.embedders.text_onnx import OnnxEmbedder
from app.adapters.embedders.topics import MOST, KeybertTopics
from app.adapters.process_pool import ProcessPool
from app.adapters.weights.shelf import ModelShelf
from app.domain.errors import Unavailable
from app.domain.models import ModelKind
from app.ports import TopicFinder
from tests.media import OWN

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEYBERT = all(importlib.util.find_spec(name) for name in ("keybert", "sklearn"))
needs_keybert = pytest.mark.skipif(not KEYBERT, reason="keybert is not installed")

PRINTING = """Printing differs from most of the arts and crafts in being comparatively modern.
The Chinese took impressions from wood blocks engraved in relief for centuries. The invention of
movable metal letters may justly be considered as the invention of the art of printing. The
earliest book printed with movable types was the forty-two line Bible of Gutenberg.""".splitlines()
GERMAN = """Die Druckkunst ist eine Erfindung des Mittelalters. Der Drucker Gutenberg hat in
Mainz die Bibel mit beweglichen Lettern gedruckt, und das Buch ist heute ein Schatz.""".splitlines()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def finder(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path
) -> AsyncIterator[TopicFinder]:
    logs = tmp_path_factory.mktemp("logs")
    pool = ProcessPool(1, name="embedding", logs=logs)
    found = ModelShelf(model_folder).find("all-MiniLM-L6-v2", ModelKind.SENTENCE_ONNX)
    embedder = OnnxEmbedder(pool, found.path, "all-MiniLM-L6-v2")
    await embedder.load()
    yield KeybertTopics(pool, embedder)
    await pool.aclose()


@needs_keybert
async def test_topics_are_phrases_of_the_text_best_first(finder: TopicFinder) -> None:
    found = await finder.find(PRINTING, "en")
    assert 3 <= len(found) <= MOST
    text = " ".join(" ".join(PRINTING).lower().split())
    assert all(topic.topic in text for topic in found)
    scores = [topic.score for topic in found]
    assert scores == sorted(scores, reverse=True) and all(0 < score <= 1 for score in scores)
    assert {"print", "book", "type"} & {word[:5].rstrip("si") for word in found[0].topic.split()}


@needs_keybert
async def test_the_same_text_has_the_same_topics(finder: TopicFinder) -> None:
    assert await finder.find(PRINTING, "en") == await finder.find(PRINTING, "en")


@needs_keybert
async def test_another_language_gives_its_own_words_and_no_articles(finder: TopicFinder) -> None:
    found = await finder.find(GERMAN, "de")
    assert found
    words = {word for topic in found for word in topic.topic.split()}
    assert words.isdisjoint({"die", "der", "das", "ist", "in", "und", "mit", "ein", "hat"})


@needs_keybert
@pytest.mark.parametrize("texts", [[], [""], [" "], ["the of and"], ["12 34 ..."]])
async def test_nothing_said_has_no_topics(finder: TopicFinder, texts: list[str]) -> None:
    assert list(await finder.find(texts, "en")) == []


@needs_keybert
async def test_broken_text_is_no_fault(finder: TopicFinder) -> None:
    assert await finder.find(["file name \udce9\0 harbour", "a" * 5000, "机" * 1000], None)


@needs_keybert
async def test_ten_hours_of_talk_are_looked_at_in_bounded_work(
    finder: TopicFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (OWN / "two_cities.txt").read_text(encoding="utf-8").splitlines()
    hours = [*PRINTING, *text] * 1000
    assert sum(map(len, hours)) > 600_000
    embedded: list[int] = []
    assert isinstance(finder, KeybertTopics)
    embed = finder._embedder.embed

    async def counted(texts: list[str]) -> object:
        embedded.append(len(texts))
        return await embed(texts)

    monkeypatch.setattr(finder._embedder, "embed", counted)
    assert await finder.find(hours, "en")
    assert embedded[0] <= 48 and embedded[1] <= 400


async def test_where_keybert_is_missing_that_is_said_with_what_to_do(
    finder: TopicFinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topics, "find_spec", lambda name: None)
    with pytest.raises(Unavailable) as caught:
        await finder.find(PRINTING, "en")
    assert caught.value.code == "topics.unavailable"
    assert "scripts/install --full" in str(caught.value.message)
