"""A place for services that are fired at."""

from pathlib import Path

import pytest

from scripts.fuzz_run import fetch_weights
from scripts.fuzz_yard import Lab

SEED = 8


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Lab:
    """Its weights are there: under fire nobody fetches any."""
    folder = tmp_path_factory.mktemp("lab")
    made = Lab(folder=folder, models=model_folder, results=folder / "results", seed=SEED)
    fetch_weights(made)
    return made
