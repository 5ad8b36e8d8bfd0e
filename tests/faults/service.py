"""The real service in a process of its own: `python -m tests.faults.service`.

As `spool serve`, settings and all; only the engine is another one, unless `SPOOL_FAULTS_ENGINE`
is `real`. `SPOOL_FAULTS_FILES` names a folder for files that several instances share, each with a
data folder of its own. `SPOOL_FAULTS` names a folder for what the engine notes down,
`SPOOL_FAULTS_SPY` one for what a spy sees.

Little is imported up here: every worker process imports this file before anything else.
"""

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from app.services.engines import EngineFactory

if "SPOOL_FAULTS_SPY" in os.environ:  # up here, for in worker processes nothing else runs
    from tests.faults import spy

    spy.watch(Path(os.environ[spy.VARIABLE]))

WORKERS = 2
MEMORY = 2 << 30  # bytes that a worker may take
BOUND = 3.0  # seconds for a window


def main() -> None:
    from app.bootstrap import records
    from app.bootstrap.house import house
    from app.config import load_settings
    from app.server import process as server

    settings = load_settings()
    if files := os.environ.get("SPOOL_FAULTS_FILES"):
        patch.object(records, "files_folder", lambda _: Path(files)).start()
    if os.environ.get("SPOOL_FAULTS_ENGINE") == "real":
        server.run(settings)
        return
    factories = {"whisper_cpp": _fault_engine(Path(os.environ["SPOOL_FAULTS"]))}
    with patch.object(server, "house", partial(house, factories=factories)):
        server.run(settings)


def _fault_engine(notes: Path) -> "EngineFactory":
    from app.adapters.process_pool import ProcessPool
    from app.ports import TranscriptionEngine
    from tests.faults.engine import FaultEngine

    bound = float(os.environ.get("SPOOL_FAULTS_BOUND") or BOUND)

    async def make(model: str) -> TranscriptionEngine:
        pool = ProcessPool(WORKERS, memory_limit=MEMORY, logs=notes / "workers")
        return FaultEngine(pool, model=model, notes=notes, bound=bound)

    return make


if __name__ == "__main__":
    main()
