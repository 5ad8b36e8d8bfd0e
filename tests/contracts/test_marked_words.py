"""What the index finds by its words is marked, and nothing else is."""

from collections.abc import Sequence
from pathlib import Path

from app.adapters.lance_index.index import LanceIndex
from app.adapters.snowball import english_stem
from app.domain.marking import spans
from app.domain.media_types import MediaType
from app.domain.search import Moment, SearchMode, SearchQuery

#: Of one word or not, as the index sees it.
FORMS = """
possible possibly impossible generous generously generosity connect connection connected
relate relation relational universe universal university news new general generally generic
happy happiness happily sky skies die dying dyed ski skiing organ organize organization
run runner running ran agree agreed agreeable hope hoping hop hopping early earlier only
École écoles naïve naively Straße Strassen München Munchen geology geologist évidence even evening
""".split()


async def found_by(index: LanceIndex, word: str) -> set[str]:
    query = SearchQuery(text=word, mode=SearchMode.KEYWORD, limit=len(FORMS))
    return {hit.text for hit in await index.search(query, None)}


def a_moment(number: int, text: str) -> Moment:
    return Moment(
        moment_id=f"words#{number}",
        asset_id=f"words-{number}",
        media_type=MediaType.TEXT,
        start=0.0,
        end=0.0,
        text=text,
        title="",
    )


async def test_what_is_found_by_its_words_is_marked_and_nothing_else(tmp_path: Path) -> None:
    index = LanceIndex(str(tmp_path / "index"), dimensions=2, model="none")
    await index.open()
    try:
        moments: Sequence[Moment] = [a_moment(*each) for each in enumerate(FORMS)]
        await index.upsert(moments, [None] * len(moments))
        wrong = {}
        for word in FORMS:
            found = await found_by(index, word)
            marked = {text for text in FORMS if spans(text, word, english_stem)}
            if found != marked:
                wrong[word] = found ^ marked
        assert wrong == {}
    finally:
        await index.aclose()
