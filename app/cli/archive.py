"""Files of an archive, taken in one by one, each only once."""

import platform
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from app.cli.digests import Digests
from app.client import Job, Options, Refused, Spool, Ticket

LONGEST_NAME = 200  # characters
CAME_TO_NOTHING = ("Failed", "Cancelled")


#: Of one file alone: gone, too large, or of a kind that is not taken.
OF_THE_FILE = (404, 413, 415)


@dataclass(frozen=True, kw_only=True)
class Taken:
    path: str
    #: None in a dry run.
    ticket: Ticket | None = None

    @property
    def job_id(self) -> str:
        return self.ticket.job_id if self.ticket else ""

    def __str__(self) -> str:
        return f"{self.job_id} {self.path}".lstrip()


@dataclass(kw_only=True)
class Tally:
    files: int = 0
    queued: int = 0
    #: The service had them.
    known: int = 0
    #: Further copies within the folder.
    same: int = 0
    #: Not queued again, because they failed.
    failed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{name: count + getattr(other, name) for name, count in asdict(self).items()})

    def __str__(self) -> str:
        said = [
            f"{self.queued} queued",
            f"{self.known} known already",
            f"{self.same} with the bytes of another",
            f"{self.failed} failed before",
        ]
        return f"{self.files} files: {', '.join(said)}"


class Archive:
    """What a file is, its bytes tell: the service knows which of them it has.

    A file that has changed replaces what was taken in under its name from this machine.
    """

    def __init__(
        self,
        spool: Spool,
        options: Options,
        digests: Digests,
        *,
        in_place: bool,
        again: bool = False,
        dry_run: bool = False,
    ) -> None:
        """`digests`: kept of files until they are dealt with. `again`: what failed before, too.
        `dry_run`: nothing is sent."""
        self._spool, self._options, self._digests = spool, options, digests
        self._in_place, self._again, self._dry_run = in_place, again, dry_run
        self.tally = Tally()
        #: Jobs that have not ended, by id, and the assets of all: their key-frames may come late.
        self.under_way: list[str] = []
        self.assets: set[str] = set()
        #: In words: what failed before.
        self.troubles: list[str] = []
        self._seen: set[str] = set()

    def take(self, path: str) -> Taken | None:
        """What was queued, if anything was. Safe to call again after it raised.

        Raises Refused, Unreachable, OSError.
        """
        digest = self._digests.of(path)
        jobs = [] if digest in self._seen else list(self._spool.jobs(sha256=digest).jobs)
        taken = self._judged(path, digest, jobs)
        self._seen.add(digest)
        self._digests.forget(path)
        self.tally.files += 1
        return taken

    def _judged(self, path: str, digest: str, jobs: list[Job]) -> Taken | None:
        living = [job for job in jobs if job.status not in CAME_TO_NOTHING]
        if digest in self._seen:
            self.tally.same += 1
        elif living:
            self.tally.known += 1
            self._follow(*living)
        elif jobs and not self._again:
            self.tally.failed += 1
            self.troubles.append(f"{path}: failed before, as {jobs[0].job_id}; --again queues it")
        else:
            return self._queue(path)
        return None

    def _queue(self, path: str) -> Taken:
        if self._dry_run:
            self.tally.queued += 1
            return Taken(path=path)
        ticket = self._submit(path)
        self.tally.queued += 1
        self._follow(self._spool.job(ticket.job_id))
        return Taken(path=path, ticket=ticket)

    def _follow(self, *jobs: Job) -> None:
        self.under_way += [job.job_id for job in jobs if not job.ended]
        self.assets |= {job.asset_id for job in jobs}

    def _submit(self, path: str) -> Ticket:
        options: Options = {**self._options, "asset_id": asset_id(path)}
        if self._in_place:
            options["dedupe"] = True  # else it would not note what bytes these are
            return self._spool.submit_path(path, **options)
        return self._spool.upload(path, filename=_shown(path), **options)


def at_fault(error: Refused) -> bool:
    """Whether it is the file: else it would be the same with every other one."""
    return error.status in OF_THE_FILE or error.code.startswith("media.")


def asset_id(path: str) -> str:
    """Of an absolute path on this machine."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"file://{platform.node()}{quote(path)}"))


def _shown(path: str) -> str:
    """Of a long name its end, where the suffix is."""
    return "".join(filter(str.isprintable, Path(path).name))[-LONGEST_NAME:]
