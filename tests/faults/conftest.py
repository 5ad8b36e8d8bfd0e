"""The service, the world around it and the books that are kept, for tests that break things."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import cases
from tests.faults.ledger import Ledger
from tests.faults.outside import Outside, outside
from tests.faults.spool import Spool


@pytest.fixture(scope="session")
def sent_media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cases.make_media(tmp_path_factory.mktemp("faults") / "media")


@pytest.fixture(scope="session")
def golden(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, sent_media: Path
) -> dict[str, str]:
    """By medium: what it reads as when nothing goes wrong."""
    spool = Spool(tmp_path_factory.mktemp("unbroken"), model_folder)
    try:
        spool.start()
        return cases.golden_texts(spool, sent_media)
    finally:
        spool.close()


@pytest.fixture
def world(sent_media: Path) -> Iterator[Outside]:
    with outside(sent_media) as server:
        yield server


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger.jsonl")


@pytest.fixture
def make_spool(
    tmp_path: Path, model_folder: Path, sent_media: Path
) -> Iterator[Callable[..., Spool]]:
    """`make_spool(data=None, **settings)`: not started yet; each has its own port."""
    made: list[Spool] = []

    def make(data: Path | None = None, **settings: str) -> Spool:
        roots = {"APP__INGESTION__ALLOWED_ROOTS": f'["{sent_media}"]'}
        folder = tmp_path / f"spool-{len(made)}"
        made.append(Spool(folder, model_folder, data=data, **roots | settings))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def spool(make_spool: Callable[..., Spool]) -> Spool:
    return make_spool()
