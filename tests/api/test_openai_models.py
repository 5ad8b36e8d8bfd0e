"""`/v1/models` and the names behind it."""

from collections.abc import Iterator

import openai
import pytest

from app.web.document import written
from app.web.table import DOORS
from tests.api.conformance import Conformance
from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(autouse=True)
def watched(spool: Spool) -> Iterator[None]:
    """Every answer is as the OpenAPI document tells."""
    Conformance(written(DOORS)).watch(spool.http)
    yield
    spool.http.event_hooks = {}


@pytest.fixture
def client(spool: Spool) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url="http://localhost/v1", api_key="none", http_client=spool.http, max_retries=0
    )


async def test_openais_names_and_ours_are_listed_and_each_can_be_looked_up(
    client: openai.AsyncOpenAI,
) -> None:
    listed = [model async for model in client.models.list()]
    names = [model.id for model in listed]
    assert names[0] == "whisper-1"
    assert {"gpt-4o-transcribe", "base", "tiny.en"} <= set(names)
    assert len(set(names)) == len(names)
    assert {model.object for model in listed} == {"model"}
    for model in listed:
        assert await client.models.retrieve(model.id) == model


async def test_every_model_says_which_engine_runs_it(client: openai.AsyncOpenAI) -> None:
    assert (await client.models.retrieve("base")).owned_by == "faster_whisper"
    assert (await client.models.retrieve("whisper-1")).owned_by == "faster_whisper"


async def test_a_model_that_is_not_there_is_not_found(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await client.models.retrieve("whisper-9")
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


async def test_unknown_parameters_are_refused(spool: Spool) -> None:
    for path in ("/v1/models", "/v1/models/base"):
        found = error(await spool.http.get(f"{path}?limit=3"), 400, "request.invalid")
        assert found["param"] == "limit"
