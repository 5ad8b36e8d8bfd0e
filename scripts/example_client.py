"""Send a file to Spool, follow what is heard, print the transcript, and search it.

    .venv/bin/python scripts/example_client.py talk.mp4 "what was it about"

The service is looked for at SPOOL_SERVER (http://127.0.0.1:8000), with the key in SPOOL_API_KEY.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # `app`, where it is not installed

from app.client import Refused, Spool, Unreachable


def main(file: str, question: str) -> int:
    with Spool() as spool:
        ticket = spool.upload(file, progress=show, priority="interactive")
        print(f"\njob {ticket.job_id}")

        for event in spool.events(ticket.job_id):
            if event.segment is not None:
                print(f"{event.segment.start:7.2f} s  {event.segment.text}")

        job = spool.wait(ticket.job_id)  # with all that is known of it
        if job.error is not None:
            print(f"{job.status}: {job.error.message}")
            return 1
        print(f"\n{spool.result(job.job_id).transcript}\n")

        print(f"{question}?")
        for hit in spool.search(question, asset_id=job.asset_id, limit=3).hits:
            print(f"{hit.start:7.2f} s  {hit.text}  ({', '.join(hit.why)})")
    return 0


def show(sent: int, size: int) -> None:
    print(f"\rsent {sent} of {size} bytes", end="", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(sys.argv[1], sys.argv[2]))
    except (Refused, Unreachable, OSError) as error:
        sys.exit(str(error))
