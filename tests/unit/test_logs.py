"""Log lines, as they come out of a process of their own."""

import json
import os
import subprocess
import sys
from typing import Any

from tests.media import ROOT

SCRIPT = """
from loguru import logger
from app.logs import configure
configure({level!r}, json_lines={json_lines})
with logger.contextualize(job_id="abc", attempt=2):
    logger.bind(stage="transcribing").info("stage {{}}", "transcribing")
logger.debug("for developers")
logger.info("braces {{{{x}}}} and <red>tags</red> of others: {{}}", "{{job_id}} <b>")
try:
    1 / 0
except ZeroDivisionError:
    logger.exception("a fault")
"""


def lines(*, level: str = "INFO", json_lines: bool = False) -> list[str]:
    script = SCRIPT.format(level=level, json_lines=json_lines)
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_a_line_for_people_ends_with_the_job_stage_and_attempt() -> None:
    first, second, fault, *trace = lines()
    assert first.endswith("stage transcribing job_id=abc stage=transcribing attempt=2")
    assert "INFO" in first
    assert second.endswith("braces {x} and <red>tags</red> of others: {job_id} <b>")
    assert fault.endswith("a fault")
    assert trace[-1] == "ZeroDivisionError: division by zero"


def test_a_json_line_carries_the_job_stage_and_attempt() -> None:
    def record(line: str) -> Any:
        return json.loads(line)["record"]

    first, _, fault = lines(json_lines=True)
    assert record(first)["message"] == "stage transcribing"
    assert record(first)["extra"] == {"job_id": "abc", "stage": "transcribing", "attempt": 2}
    assert record(fault)["exception"]["type"] == "ZeroDivisionError"


def test_the_level_is_obeyed() -> None:
    assert any(line.endswith("for developers") for line in lines(level="DEBUG"))
    assert len([line for line in lines(level="ERROR") if "INFO" in line]) == 0
