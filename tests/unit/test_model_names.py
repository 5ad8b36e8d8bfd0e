"""Which engine a model's name leads to, for clients that speak OpenAI's language."""

import pytest

from app.domain.errors import NotFound
from app.ports import TranscriptionEngine
from app.services.engines import EngineShelf
from app.services.model_names import OPENAI_NAMES, ModelNames
from tests.fakes import FakeEngine

LOCAL = {"faster_whisper": {"base", "tiny.en"}, "whisper_cpp": {"base", "base-q5_1"}}


async def make(model: str) -> TranscriptionEngine:
    return FakeEngine(model)


def names(provider: str = "faster_whisper", model: str = "base") -> ModelNames:
    shelf = EngineShelf(
        dict.fromkeys([*LOCAL, "openai"], make),
        provider=provider,
        defaults={"faster_whisper": "base", "whisper_cpp": "base", "openai": "far"}
        | {provider: model},
        names=lambda each: LOCAL.get(each, set()),
    )
    return ModelNames(shelf)


@pytest.mark.parametrize("name", OPENAI_NAMES)
async def test_openais_names_mean_whatever_is_the_default(name: str) -> None:
    assert await names().engine(name) == (None, None)
    assert (await names("whisper_cpp").owners())[name] == "whisper_cpp"


async def test_of_two_engines_that_know_a_name_the_default_one_has_it() -> None:
    assert await names().engine("base") == ("faster_whisper", "base")
    assert await names("whisper_cpp").engine("base") == ("whisper_cpp", "base")


async def test_a_name_that_only_another_local_engine_knows_leads_there() -> None:
    assert await names().engine("base-q5_1") == ("whisper_cpp", "base-q5_1")
    assert await names("whisper_cpp").engine("tiny.en") == ("faster_whisper", "tiny.en")


async def test_sound_leaves_the_machine_only_where_that_is_the_default() -> None:
    with pytest.raises(NotFound) as caught:
        await names().engine("far")
    assert caught.value.code == "model_not_found"
    assert await names("openai", "far").engine("far") == ("openai", "far")
    assert await names("openai", "far").engine("base") == ("faster_whisper", "base")


async def test_a_path_is_nobodys_business() -> None:
    known = names("faster_whisper", "/srv/models/mine")
    assert not [name for name in await known.owners() if "/" in name]
    with pytest.raises(NotFound):
        await known.engine("/srv/models/mine")
    assert await known.engine("whisper-1") == (None, None)


async def test_a_model_that_goes_while_it_is_looked_up_is_no_fault() -> None:
    """Found at the first look at the folder, and gone at any other."""
    folder = [{"base", "own"}]
    shelf = EngineShelf(
        {"faster_whisper": make},
        provider="faster_whisper",
        defaults={"faster_whisper": "base"},
        names=lambda _: folder.pop() if folder else set(),
    )
    known = ModelNames(shelf)
    assert await known.owner("own") == "faster_whisper"
    with pytest.raises(NotFound) as caught:
        await known.owner("own")
    assert caught.value.code == "model_not_found"


async def test_every_name_that_is_told_can_be_asked_for() -> None:
    for provider in [*LOCAL, "openai"]:
        known = names(provider)
        for name, owner in (await known.owners()).items():
            assert await known.engine(name) in ((None, None), (owner, name))
