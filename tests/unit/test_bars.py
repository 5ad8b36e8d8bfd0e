"""Bars of `spool ingest`: on a terminal, and where nobody looks."""

import re
import sys

import pytest

from app.cli.bars import MOST, Bars
from app.cli.sources import Source
from app.client import Job
from tests.unit.typed import sit_down

CODES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def run_through(count: int, *, failing: int | None = None) -> None:
    with Bars(count, wait=True) as bars:
        for number in range(count):
            source, job_id = Source(named=f"folder/{number}.md"), str(number)
            bars.sending(source, 0, 0)
            bars.sending(source, 50, 100)
            bars.taken(source, job_id, "Pending")
            print(job_id)
            bars.at_work(job_id, 0.5, "Embedding")
            status = "Failed" if number == failing else "Completed"
            bars.ended(Job(job_id=job_id, status=status, progress=1.0))


def looked_at(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    sit_down(monkeypatch)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)


def test_each_of_a_few_sources_keeps_its_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at(capsys, monkeypatch)
    run_through(2, failing=1)
    *_, first, second = re.split(r"[\r\n]+", CODES.sub("", capsys.readouterr().err).strip())
    assert first.startswith("0.md") and "100%" in first and "Completed" in first
    assert second.startswith("1.md") and "Failed" in second


def test_of_many_sources_only_the_totals_stay(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at(capsys, monkeypatch)
    run_through(MOST + 1, failing=3)
    last = CODES.sub("", capsys.readouterr().err).rpartition(f"{MOST + 1} in all")[2]
    assert "11 sent, 11 ended, 1 failed" in last and ".md" not in last and "100%" in last


def run_twins(count: int) -> None:
    """All of them with the same bytes: so they have one job."""
    sources = [Source(named=f"folder/{number}.md") for number in range(count)]
    with Bars(count, wait=True) as bars:
        for source in sources:
            bars.sending(source, 0, 0)
            bars.taken(source, "one", "Pending")
        bars.at_work("one", 0.5, "Embedding")
        bars.ended(Job(job_id="one", status="Completed", progress=1.0))


def test_sources_that_share_a_job_end_with_it_each_with_its_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug once: only the last one's bar moved, the others stood at Pending for good."""
    looked_at(capsys, monkeypatch)
    run_twins(2)
    *_, first, second = re.split(r"[\r\n]+", CODES.sub("", capsys.readouterr().err).strip())
    assert first.startswith("0.md") and "100%" in first and "Completed" in first
    assert second.startswith("1.md") and "100%" in second and "Completed" in second


def test_sources_that_share_a_job_are_counted_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at(capsys, monkeypatch)
    run_twins(MOST + 1)
    last = CODES.sub("", capsys.readouterr().err).rpartition(f"{MOST + 1} in all")[2]
    assert "11 sent, 11 ended, 0 failed" in last and "100%" in last and ".md" not in last


def test_a_source_whose_job_has_ended_already_ends_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at(capsys, monkeypatch)
    with Bars(2, wait=True) as bars:
        for number in range(2):
            source = Source(named=f"{number}.md")
            bars.sending(source, 0, 0)
            bars.taken(source, "one", "Completed")
            bars.ended(Job(job_id="one", status="Completed", progress=1.0))
    *_, first, second = re.split(r"[\r\n]+", CODES.sub("", capsys.readouterr().err).strip())
    assert "100%" in first and "100%" in second and "Completed" in second


def test_what_is_printed_into_a_file_is_not_carried_off_to_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug once: only standard error was looked at."""
    looked_at(capsys, monkeypatch)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    run_through(2)
    assert capsys.readouterr().out == "0\n1\n"


def test_where_nobody_looks_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    run_through(2)
    assert capsys.readouterr() == ("0\n1\n", "")


def test_a_source_that_is_refused_counts_as_failed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at(capsys, monkeypatch)
    with Bars(MOST + 1, wait=False) as bars:
        for number in range(MOST + 1):
            bars.sending(Source(named=f"{number}.md"), 0, 0)
        bars.refused(Source(named="0.md"))
        for number in range(1, MOST + 1):
            bars.taken(Source(named=f"{number}.md"), str(number), "Pending")
    last = CODES.sub("", capsys.readouterr().err).rpartition("in all")[2]
    assert "100%" in last and "10 sent, 0 ended, 1 failed" in last, "nobody waits for the jobs"
