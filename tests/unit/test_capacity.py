"""How much all who live can do at once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.boots import Boot
from app.services.capacity import AllPlaces, Capacity
from app.services.tenancy import Tenancy
from tests.contracts.jobs import claim
from tests.unit.test_tenancy import OURS, Log
from tests.unit.workbench import Workbench, opened


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Workbench]:
    async with opened(tmp_path) as bench:
        yield bench


async def living(*others: Boot) -> Tenancy:
    made = Tenancy(Log(boots={each.boot_id: each for each in others}), OURS)
    await made.begin(None)
    return made


async def test_who_is_alone_counts_what_he_runs_himself(bench: Workbench) -> None:
    alone = AllPlaces(await living(), bench.store, lambda: 1)
    assert await alone.now() == Capacity(places=OURS.places, instances=1, running=1)


async def test_beside_others_all_that_runs_is_counted(bench: Workbench) -> None:
    for _ in range(3):
        await claim(bench.store, await bench.upload(1.0))
    other = Boot(boot_id="other", name="there", files=OURS.files, places=4)
    shared = AllPlaces(await living(other), bench.store, lambda: 1)
    assert await shared.now() == Capacity(places=OURS.places + 4, instances=2, running=3)
