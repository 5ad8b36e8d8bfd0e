"""Who runs the engines, by the settings."""

import sys

import pytest

from app.adapters.dask_pool import DaskPool
from app.adapters.process_pool import ProcessPool
from app.bootstrap.hearing import hearing_pool
from app.config import AppSettings, load_settings
from app.domain.errors import ClusterAway, ConfigError
from app.domain.metrics import UNCOUNTED
from tests.equipment import wanted

NOBODY = "tcp://127.0.0.1:9"  # nothing listens at the port of "discard"


async def test_unless_it_is_told_otherwise_processes_of_this_machine_do() -> None:
    pool = hearing_pool(load_settings(transcription={"workers": 3}), None, UNCOUNTED)
    assert isinstance(pool, ProcessPool) and pool.slots == 3


def test_a_cluster_without_an_address_stops_the_start() -> None:
    settings = load_settings(workers={"backend": "dask"})
    with pytest.raises(ConfigError, match=r"workers\.dask_address"):
        hearing_pool(settings, None, UNCOUNTED)


@pytest.mark.parametrize("wrong", ["10.1.0.1:8786", "http://10.1.0.1:8786", "tcp://10.1.0.1"])
def test_an_address_that_is_none_of_a_scheduler_stops_the_start(wrong: str) -> None:
    with pytest.raises(ConfigError, match="dask_address"):
        load_settings(workers={"backend": "dask", "dask_address": wrong})


def test_a_missing_library_stops_the_start_and_tells_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigError) as caught:
        hearing_pool(_clustered(), None, UNCOUNTED)
    assert caught.value.hint == "pip install 'spool-media[dask]'"


async def test_a_service_starts_without_its_cluster_and_jobs_wait_at_no_cost() -> None:
    wanted("distributed")
    pool = hearing_pool(_clustered(), None, UNCOUNTED)
    assert isinstance(pool, DaskPool)
    try:
        with pytest.raises(ClusterAway, match="no scheduler answers") as caught:
            await pool.run(abs, -1)
        assert caught.value.retryable and caught.value.budget == "free"
    finally:
        await pool.aclose()


def _clustered() -> AppSettings:
    return load_settings(workers={"backend": "dask", "dask_address": NOBODY})
