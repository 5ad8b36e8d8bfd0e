"""What a cluster worker makes of a task that arrives, without a cluster."""

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from app import __version__
from app.adapters.dask_pool import inside
from app.adapters.dask_pool.inside import Bench, carried
from app.adapters.dask_pool.parcel import Weights, opened, packed
from app.domain.errors import ClusterAway, EngineRefused, ModelNotFound
from app.domain.models import LocatedModel, ModelEntry, ModelKind, ModelSource
from app.ports import Progress
from tests.herepool import HerePool

TINY = Weights(name="tiny.en", kind=ModelKind.WHISPER_CT2)


class Shelf:
    """Knows one model."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find(self, name: str, kind: ModelKind, progress: Progress | None = None) -> LocatedModel:
        self.asked.append(name)
        if name != TINY.name:
            raise ModelNotFound(f"no weights for {name!r}")
        return LocatedModel(name=name, kind=kind, path=Path("/tiny"), source=ModelSource.FOLDER)

    def entries(self) -> Sequence[ModelEntry]:
        return ()


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Of the worker that this process is."""
    models = Shelf()
    monkeypatch.setattr(inside, "_bench", Bench(pool=HerePool(), models=models))
    return models


async def _done(parcel: bytes, version: str = __version__) -> object:
    return opened(await carried("key", version, parcel, math.inf))


async def test_weights_are_looked_for_once(shelf: Shelf) -> None:
    parcel = packed(partial(str, "tiny"), {"tiny": TINY})
    assert [await _done(parcel) for _ in range(2)] == ["/tiny", "/tiny"]
    assert shelf.asked == ["tiny.en"]


async def test_weights_that_are_not_there_end_the_task_as_they_do_elsewhere(shelf: Shelf) -> None:
    other = Weights(name="other", kind=ModelKind.WHISPER_CT2)
    with pytest.raises(ModelNotFound, match="other"):
        await _done(packed(partial(str, "other"), {"other": other}))


@pytest.mark.usefixtures("shelf")
async def test_a_service_of_another_version_waits_until_they_agree() -> None:
    with pytest.raises(ClusterAway, match=rf"runs Spool {__version__}, and this is 0\.0\.1"):
        await _done(packed(partial(abs, -1), {}), "0.0.1")


async def test_a_worker_that_is_none_of_spools_is_told_as_such() -> None:
    with pytest.raises(ClusterAway, match="none of Spool's"):
        await _done(packed(partial(abs, -1), {}))


@pytest.mark.usefixtures("shelf")
async def test_a_task_that_the_worker_does_not_know_is_refused() -> None:
    strange = packed(partial(abs, -1), {}).replace(b"builtins", b"bulitins")
    with pytest.raises(EngineRefused, match="does not know the task"):
        await _done(strange)
