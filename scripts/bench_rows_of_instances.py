"""What the database of several services says of their jobs, whatever they say themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

COMPLETED = "SELECT count(*) FROM jobs WHERE status = 'completed'"
HELD = "SELECT count(*) FROM jobs WHERE status = 'running' AND boot_id = %s"
#: Of the instance with such a data folder, the run that began last.
RUN = """
    SELECT boot_id FROM boots WHERE right(name, length(%s)) = %s ORDER BY begun_at DESC LIMIT 1
"""
ATTEMPTS = """
    SELECT count(*),
           count(*) FILTER (WHERE ended_at IS NOT NULL AND error_code IS NULL),
           count(*) FILTER (WHERE error_code = 'interrupted')
    FROM attempts
"""
#: Jobs that were not completed by exactly one of their attempts, or whose attempts do not add up.
ODD = """
    SELECT count(*) FROM (
        SELECT 1 FROM jobs LEFT JOIN attempts USING (job_id)
        GROUP BY jobs.job_id, jobs.attempts
        HAVING count(*) FILTER (
            WHERE attempts.ended_at IS NOT NULL AND attempts.error_code IS NULL
        ) <> 1 OR count(attempts.number) <> jobs.attempts
    ) AS odd
"""


@dataclass(frozen=True, kw_only=True)
class Attempts:
    all: int
    completed: int
    interrupted: int


class Rows:
    def __init__(self, line: "psycopg.Connection[Any]") -> None:
        self._line = line

    def completed(self) -> int:
        return int(self._one(COMPLETED)[0])

    def run_of(self, data: str) -> str:
        return str(self._one(RUN, data, data)[0])

    def held_by(self, boot_id: str) -> int:
        return int(self._one(HELD, boot_id)[0])

    def attempts(self) -> Attempts:
        every, completed, interrupted = self._one(ATTEMPTS)
        return Attempts(all=every, completed=completed, interrupted=interrupted)

    def odd(self) -> int:
        return int(self._one(ODD)[0])

    def _one(self, query: str, *values: str) -> Any:
        return self._line.execute(query.encode(), values or None).fetchone()


@contextmanager
def rows_of(url: str) -> Iterator[Rows]:
    with psycopg.connect(url, autocommit=True) as line:
        yield Rows(line)
