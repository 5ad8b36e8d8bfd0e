"""One of several services of which nothing but the walk of jobs is measured:
`python -m scripts.bench_instance`. The service of the tests of faults, with a line that does
nothing; each walk is noted down in the file that `SPOOL_BENCH_WALKS` names.
"""

import json
import os
from unittest.mock import patch

from app.domain.jobs import Job
from tests.faults import service

VARIABLE = "SPOOL_BENCH_WALKS"


def main() -> None:
    from app.bootstrap.rooms import Rooms
    from scripts.bench_idle import IdleLine

    file = os.open(os.environ[VARIABLE], os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def walked(job: Job) -> None:
        """In one write: several services append to the same file."""
        os.write(file, json.dumps([job.job_id, job.attempts, job.boot_id]).encode() + b"\n")

    with patch.object(Rooms, "_pipeline", lambda rooms, frame_jobs: IdleLine(walked)):
        service.main()


if __name__ == "__main__":
    main()
