"""What a soak says of its samples."""

from pathlib import Path
from typing import Any, cast

import pytest

from scripts.bench_plot import endurance
from scripts.bench_report import MiB, Report
from scripts.bench_server import Server
from scripts.soak_run import counted, told_of
from scripts.soak_samples import Sample, slope
from scripts.soak_work import Work


def samples(*, memory: float = 0.0, descriptors: float = 0.0) -> list[Sample]:
    """An hour, each minute; 100 MiB and 50 descriptors at first, and so many more in the hour. The
    warm-up is ten times as steep."""
    return [
        Sample(
            at=minute * 60.0,
            memory=(100 + memory * minute / 60 + max(0, 10 - minute) * 10) * MiB,
            workers=500 * MiB,
            descriptors=50 + descriptors * minute / 60 + minute % 2,
            index=MiB + minute % 15,
            rows=30,
            data=200 * MiB,
            completed=minute * 10,
        )
        for minute in range(61)
    ]


def verdicts(found: list[Sample], *, rebuilt: float = MiB, trouble: int = 0) -> list[str]:
    """What is missed."""
    report = Report("soak")
    told_of(report, found, rebuilt, ["refused"] * trouble)
    return [row.what for row in report.rows if not row.holds]


def test_a_slope_is_that_of_the_line_that_fits_best() -> None:
    assert slope(samples(descriptors=6.0), lambda each: each.descriptors) == pytest.approx(
        6, abs=0.1
    )
    assert slope(samples()[:1], lambda each: each.descriptors) == 0.0


def test_the_first_sixth_does_not_count() -> None:
    found = samples()
    assert counted(found)[0].at == 600.0
    assert slope(found, lambda each: each.memory) / MiB < -10
    assert slope(counted(found), lambda each: each.memory) / MiB == pytest.approx(0.0)


def test_what_stays_as_it_is_holds() -> None:
    assert verdicts(samples(memory=0.5)) == []


def test_what_grows_is_missed() -> None:
    assert verdicts(samples(memory=2.0)) == ["memory of the service, by least squares"]
    assert verdicts(samples(descriptors=5.0)) == ["descriptors"]
    assert verdicts(samples(), rebuilt=MiB / 4) == ["index at its largest, beside one built anew"]
    assert verdicts(samples(), trouble=1) == [
        "requests that failed, and jobs that did not end as they should"
    ]


def test_it_can_be_drawn(tmp_path: Path) -> None:
    report = Report("soak")
    told_of(report, samples(memory=1.0), MiB, [])
    endurance(report.detail, tmp_path / "soak.png")
    assert (tmp_path / "soak.png").read_bytes().startswith(b"\x89PNG")


class Answers:
    """A service that says what it is told to, and what it was asked for."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self._answers, self.asked = iter(answers), list[str]()

    def ask(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        self.asked.append(path)
        return next(self._answers)

    def await_end(self, job_id: str) -> dict[str, Any]:
        return next(self._answers)


def test_a_job_that_ends_as_it_should_not_is_trouble() -> None:
    taken, failed = {"job_id": "1"}, {"status": "Failed"}
    work = Work(cast(Server, Answers(taken, failed, taken, failed)))

    work.ended(b"speech", "talk.flac")
    assert work.trouble == ["talk.flac ended as Failed"]
    work.ended(b"no medium", "talk.mp4", "Failed")
    assert len(work.trouble) == 1
