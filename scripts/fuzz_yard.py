"""Where the service is let loose: its folder, files that it must not open, and who watches it."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from scripts.fuzz_calls import Calls, Trap
from scripts.fuzz_canary import planted
from tests.faults import spy
from tests.faults.ledger import Ledger
from tests.faults.outside import Outside, outside
from tests.faults.polling import until
from tests.faults.spool import UP_WITHIN, Spool
from tests.media import CORPUS

MALFORMED = CORPUS / "malformed"
#: No network but the public one, and nothing to fetch there.
SETTINGS = {
    "APP__INGESTION__ALLOWED_NETWORKS": "[]",
    "APP__MODELS__PYPI": "false",
    "APP__WEBHOOKS__MAX_RETRIES": "0",
}


@dataclass(frozen=True, kw_only=True)
class Yard:
    """One service under one kind of fire."""

    spool: Spool
    #: What clients may name files in; and one beside it, which they may not.
    inside: Path
    secret: Path
    #: Both of the files that nobody may open: `secret`, and one inside.
    canaries: tuple[Path, ...]
    trap: Trap
    calls: Calls
    world: Outside
    ledger: Ledger
    seed: int

    def chance(self, name: str, number: int) -> Random:
        """The same for each case, however many there are beside it."""
        return Random(f"{self.seed}:{name}:{number}")

    def heard(self) -> Iterator[str]:
        """Whom the service called since the last time, as each of those who watch it tells."""
        yield from (f"{each} knocked" for each in self.trap.knocks())
        yield from (f"it called {each}" for each in self.calls.take())


@dataclass(frozen=True, kw_only=True)
class Lab:
    folder: Path
    models: Path
    #: Where reports go, and what is to be tried again.
    results: Path
    seed: int
    #: For each kind of fire; 0 is for as long as it takes.
    seconds: float = 0.0

    @contextmanager
    def yard(self, name: str, settings: Mapping[str, str]) -> Iterator[Yard]:
        """Started and ready. Its log is kept beside the report when this is left."""
        folder = self.folder / name
        every = {**SETTINGS, **_roots(folder / "inside"), **settings}
        spool = Spool(folder, self.models, data=None, **every)
        spool.settings[spy.VARIABLE] = str(spool.notes)
        with ExitStack() as closing:
            closing.callback(self._keep_log, folder, name)
            closing.callback(spool.close)
            yield closing.enter_context(_watched(spool, folder, self.seed))

    def _keep_log(self, folder: Path, name: str) -> None:
        self.results.mkdir(parents=True, exist_ok=True)
        if (folder / "log.txt").exists():
            shutil.copy(folder / "log.txt", self.results / f"{name}.log")


def _roots(inside: Path) -> dict[str, str]:
    roots = [inside, *([MALFORMED] if MALFORMED.is_dir() else [])]
    listed = ", ".join(f'"{root}"' for root in roots)
    return {"APP__INGESTION__ALLOWED_ROOTS": f"[{listed}]"}


@contextmanager
def _watched(spool: Spool, folder: Path, seed: int) -> Iterator[Yard]:
    inside, secret = folder / "inside", planted(folder / "secret.wav")
    canaries = (secret, planted(inside / "kept.wav"))
    (inside / "deep").mkdir()
    (inside / "link").symlink_to(folder)
    spool.start()
    until(spool.is_ready, UP_WITHIN, "ready")
    with ExitStack() as closing:
        world = closing.enter_context(outside(folder / "sent"))
        (folder / "sent").mkdir()
        trap = Trap()
        closing.callback(trap.close)
        calls = Calls(lambda: spool.pid, spool.port, spool.notes)
        closing.callback(calls.close)
        yield Yard(
            spool=spool,
            inside=inside,
            secret=secret,
            canaries=canaries,
            trap=trap,
            calls=calls,
            world=world,
            ledger=Ledger(folder / "ledger.jsonl"),
            seed=seed,
        )
