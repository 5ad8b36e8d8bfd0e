"""`spool backfill DIR`"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from app.cli import job_options as of_job
from app.cli.archive import Archive, Taken, at_fault
from app.cli.digests import Digests
from app.cli.options import Folder, InPlace
from app.cli.patience import unhurried
from app.cli.progress import progress
from app.cli.screen import parts, print_line
from app.cli.service import ApiKey, AsJson, Server, service
from app.cli.trouble import FAILED, complain
from app.client import Job, Options, Refused, Spool
from app.config import load_settings
from app.domain.errors import SpoolError
from app.services.folder_walk import media_in

T = TypeVar("T")

POLL = 2.0  # seconds
BUILD_HOLD = 60.0  # seconds that one request waits for the index
PAGE = 200  # jobs
UNDER_WAY = ("pending", "running")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be queued.")]
Again = Annotated[bool, typer.Option("--again", help="Also what failed before.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Queue, and leave the rest to itself.")]


def backfill(
    folder: Folder,
    labels: of_job.Labels = None,
    language: of_job.Language = None,
    in_place: InPlace = False,
    again: Again = False,
    dry_run: DryRun = False,
    no_wait: NoWait = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Take in all media of a folder, each once. Cut short, run it again."""
    options: Options = {
        "language": language,
        "labels": parts(labels) or None,
        "priority": "batch",
    }
    with service(server, api_key) as spool:
        archive = Archive(
            spool, options, Digests(), in_place=in_place, again=again, dry_run=dry_run
        )
        well = _Backfill(spool, archive, as_json).run(folder, wait=not (no_wait or dry_run))
    if not well:
        raise typer.Exit(FAILED)


class _Backfill:
    """A bar for the files and one for their jobs, on standard error."""

    def __init__(self, spool: Spool, archive: Archive, as_json: bool) -> None:
        self._spool, self._archive, self._as_json = spool, archive, as_json
        self._well = True

    def run(self, folder: Path, *, wait: bool) -> bool:
        """False when a file was refused, or its job failed."""
        with self._bars() as bars:
            self._queue(bars, folder)
            if wait:
                self._await_jobs(bars)
                self._await_frames(bars)
                self._build(bars)
        print(self._archive.tally, file=sys.stderr)
        return self._well

    def _bars(self) -> Progress:
        said = TextColumn("{task.description}")
        return progress(said, BarColumn(), MofNCompleteColumn(), Elapsed())

    def _queue(self, bars: Progress, folder: Path) -> None:
        bar = bars.add_task("files", total=None)
        paths = [path for path, _ in media_in(folder, load_settings().storage.data_dir)]
        bars.update(bar, total=len(paths))
        for path in paths:
            try:
                taken = patiently(partial(self._archive.take, path))
            except Refused as error:
                self._refuse(path, error)
            except OSError as error:
                self._fail(f"{path}: {error.strerror}")
            else:
                if taken:
                    self._tell(taken)
            bars.advance(bar)
        for trouble in self._archive.troubles:
            complain(trouble)

    def _tell(self, taken: Taken) -> None:
        if self._as_json:
            print_line({"job_id": taken.job_id or None, "source": taken.path})
        else:
            print(taken, flush=True)

    def _refuse(self, path: str, error: Refused) -> None:
        if not at_fault(error):
            raise error
        self._fail(f"{path}: {error.message}")

    def _await_jobs(self, bars: Progress) -> None:
        waiting = self._archive.under_way
        bar = bars.add_task("jobs", total=len(waiting))
        for job_id in waiting:
            if (job := self._ended(job_id)) and job.error is not None:
                self._fail(f"{job.title}: {job.error.message}")
            bars.advance(bar)

    def _ended(self, job_id: str) -> Job | None:
        """None when it was deleted meanwhile."""
        try:
            return patiently(partial(self._spool.wait, job_id))
        except Refused as error:
            if error.status != 404:
                raise
            return None

    def _await_frames(self, bars: Progress) -> None:
        """Key-frames are jobs of their own, which a video makes as it runs."""
        bar = bars.add_task("key-frames", total=None)
        while any(patiently(partial(self._has_frames, status)) for status in UNDER_WAY):
            time.sleep(POLL)
        bars.update(bar, total=1, completed=1)

    def _has_frames(self, status: str) -> bool:
        cursor: str | None = None
        while True:
            page = self._spool.jobs(status=status, media_type="keyframe", limit=PAGE, cursor=cursor)
            if any(job.options.get("parent_id") in self._archive.assets for job in page.jobs):
                return True
            if (cursor := page.cursor) is None:
                return False

    def _build(self, bars: Progress) -> None:
        bar = bars.add_task("index", total=None)
        try:
            while (told := self._built())["state"] == "building":
                pass
        except Refused as error:  # what was taken in is found anyway
            hint = "; the key lacks the scope admin" if error.status in (401, 403) else ""
            complain(f"the index was not built: {error.message}{hint}")
            return
        bars.update(bar, total=1, completed=1)
        if told["state"] == "failed":
            self._fail(f"the index could not be built: {told['error']}")

    def _built(self) -> dict[str, str]:
        return patiently(partial(self._spool.build_index, wait=BUILD_HOLD))

    def _fail(self, reason: str) -> None:
        self._well = False
        complain(reason)


def patiently(call: Callable[[], T]) -> T:
    """Slower, where the service asks for it. Other refusals are raised, with the way to go on."""
    try:
        return unhurried(call)
    except Refused as error:
        if error.status >= 500:  # the service's own trouble, which passes
            _tell_how_to_go_on(error)
        raise
    except SpoolError as error:
        _tell_how_to_go_on(error)
        raise


def _tell_how_to_go_on(error: SpoolError) -> None:
    error.hint = f"{error.hint or ''}\n  run it again: it goes on where it was".lstrip()
