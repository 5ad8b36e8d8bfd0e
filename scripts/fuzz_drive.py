"""How every kind of fire is run: a few cases at a time, and a look around after each few."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scripts.fuzz_report import Failure, Tally, say
from scripts.fuzz_settle import settled
from scripts.fuzz_yard import Lab, Yard
from tests.paths import nobody_opens

#: Refusals that are planned. Every other status of 500 and above is a fault of ours.
PLANNED = frozenset({503, 507})
PROGRESS = 30.0  # seconds between two lines


def _nothing(yard: Yard) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Kind:
    name: str
    #: For the help.
    about: str
    #: Cases unless told otherwise.
    usual: int
    #: Tries these cases; counts what became of them, and tells what went wrong.
    attempt: Callable[[Yard, Sequence[int], Tally], Iterator[Failure]]
    #: Cases that are tried before the next look around.
    at_once: int = 50
    #: How many there are at all.
    most: Callable[[], int | None] = lambda: None
    prepare: Callable[[Yard], None] = _nothing
    #: Of the service, beside the usual ones.
    settings: Mapping[str, str] = field(default_factory=dict)

    def numbers(self, wanted: int) -> range:
        most = self.most()
        return range(wanted if most is None else min(wanted, most))


def drive(lab: Lab, kind: Kind, numbers: Sequence[int]) -> Tally:
    tally, began = Tally(kind.name, lab.seed), time.monotonic()
    if numbers:
        with lab.yard(kind.name, kind.settings) as yard:
            kind.prepare(yard)
            _fire(lab, yard, kind, numbers, tally)
            for violation in [*settled(yard), *yard.heard()]:
                tally.add(Failure(where=_span(numbers), why=violation), lab.results)
    tally.seconds = time.monotonic() - began
    return tally


def _fire(lab: Lab, yard: Yard, kind: Kind, numbers: Sequence[int], tally: Tally) -> None:
    began = told = time.monotonic()
    for start in range(0, len(numbers), kind.at_once):
        now = time.monotonic()
        if lab.seconds and now - began > lab.seconds:
            tally.tried["left, for the time was over"] = len(numbers) - start
            return
        if now - told > PROGRESS:
            say(f"{kind.name}: {start} of {len(numbers)}, {len(tally.violations)} violations")
            told = now
        few = numbers[start : start + kind.at_once]
        tally.tried["cases"] += len(few)
        for failure in [*_tried(yard, kind, few, tally), *_suspicions(yard, few)]:
            say(f"{kind.name}:{failure.where}: {failure.why}")
            tally.add(failure, lab.results)


def _tried(yard: Yard, kind: Kind, few: Sequence[int], tally: Tally) -> list[Failure]:
    found: list[Failure] = []
    try:
        with nobody_opens(*yard.canaries):
            found.extend(kind.attempt(yard, few, tally))
    except Exception as error:  # an answer that nobody can read is a finding like others
        found.append(Failure(where=_span(few), why=f"{type(error).__name__}: {error}"))
    return found


def _suspicions(yard: Yard, few: Sequence[int]) -> Iterator[Failure]:
    """What shows a little later, or whose doing it was is hard to tell."""
    where = _span(few)
    if yard.spool.is_dead():
        yield Failure(where=where, why=f"the service ended with {yard.spool.status()}")
        yard.spool.start()
    elif not yard.spool.answers():
        yield Failure(where=where, why="/health does not answer")
    yield from (Failure(where=where, why=each) for each in yard.heard())


def _span(numbers: Sequence[int]) -> str:
    """As `--only` takes it."""
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}-{numbers[-1]}"


def is_planned(status: int) -> bool:
    return status < 500 or status in PLANNED


def told(status: int) -> str:
    """For the tally; faults and refusals by themselves, planned or not."""
    return f"answered {status}" if status >= 500 else f"answered {status // 100}xx"
