"""`spool watch DIR`"""

import sys
import time
from collections.abc import Container
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app.cli import job_options as of_job
from app.cli.archive import Archive, Taken, Tally, at_fault
from app.cli.digests import Digests
from app.cli.lines import line_of
from app.cli.options import Every, Folder, InPlace
from app.cli.patience import unhurried
from app.cli.screen import in_terminal, parts, print_line
from app.cli.service import ApiKey, AsJson, Server, service
from app.cli.trouble import FAILED, complain, complain_of
from app.client import Options, Refused, Spool, Unreachable
from app.config import load_settings
from app.domain.watched import FileState
from app.services.folder_walk import media_in

Once = Annotated[bool, typer.Option("--once", help="Take what is there now, and end.")]


def watch(
    folder: Folder,
    once: Once = False,
    every: Every = 2.0,
    labels: of_job.Labels = None,
    language: of_job.Language = None,
    in_place: InPlace = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Send every medium that appears in a folder, as soon as it has settled.

    It has when its size and time are the same at two looks. What the service has already, by its
    bytes, is not sent again: so it is safe to stop this, and to begin again. A file that changes
    replaces what was found in it. Needs no service at its start, nor all the time.
    """
    options: Options = {"language": language, "labels": parts(labels) or None}
    with service(server, api_key) as spool:
        watching = Watching(spool, folder, options, in_place=in_place, as_json=as_json)
        if once:
            watching.look()
            time.sleep(every)
            watching.look()
            print(watching.summary, file=sys.stderr)
        else:
            watching.stay(every)
    if not watching.well:
        raise typer.Exit(FAILED)


class Watching:
    """What was taken is noted here as long as it is there; after that, the service knows it."""

    def __init__(
        self, spool: Spool, folder: Path, options: Options, *, in_place: bool, as_json: bool
    ) -> None:
        self._spool, self._folder, self._options = spool, folder, options
        self._in_place, self._as_json = in_place, as_json
        self._leave_out = load_settings().storage.data_dir
        #: At the look before, and when it was taken.
        self._before: dict[str, FileState] = {}
        self._taken: dict[str, FileState] = {}
        self._digests = Digests()
        #: What was said last of a service that does not take anything.
        self._trouble = ""
        #: Of files that were dealt with, and how many are not as they were at the look before.
        self._tally, self._unsettled = Tally(), 0
        self.well = True

    @property
    def summary(self) -> str:
        """What became of the files, in a line."""
        unsettled = f", {self._unsettled} still changing" if self._unsettled else ""
        return f"{self._tally}{unsettled}"

    def stay(self, every: float) -> None:
        """Until it is interrupted. A service that is away, or full, is waited for."""
        if in_terminal():
            print(f"watching {self._folder}; Ctrl-C ends it", file=sys.stderr)
        while True:
            try:
                self.look()
                self._trouble = ""
            except (Refused, Unreachable) as error:
                if isinstance(error, Refused) and error.status < 500:
                    raise
                if error.message != self._trouble:
                    complain_of(error)
                self._trouble = error.message
            time.sleep(every)

    def look(self) -> None:
        """Takes what is as it was at the look before. Raises what any file would be refused for."""
        now = dict(media_in(self._folder, self._leave_out))
        before, self._before = self._before, now
        if now:  # where all is gone, the folder is away
            self._forget_all_but(now)
        self._unsettled = sum(before.get(path) != state for path, state in now.items())
        archive = Archive(self._spool, self._options, self._digests, in_place=self._in_place)
        try:
            for path, state in now.items():
                if before.get(path) == state != self._taken.get(path):
                    self._take(archive, path)
                    self._taken[path] = state
        finally:
            self._tally += archive.tally
            for trouble in archive.troubles:
                complain(trouble.partition(";")[0])

    def _forget_all_but(self, now: Container[str]) -> None:
        """A folder that is watched for years sees more files than it has."""
        self._taken = {path: state for path, state in self._taken.items() if path in now}
        self._digests.keep(now)

    def _take(self, archive: Archive, path: str) -> None:
        try:
            taken = unhurried(partial(archive.take, path))
        except Refused as error:
            if not at_fault(error):
                raise
            self._fail(f"{path}: {error.message}")
        except OSError as error:
            self._fail(f"{path}: {error.strerror}")
        else:
            if taken:
                self._tell(taken)

    def _tell(self, taken: Taken) -> None:
        if self._as_json and taken.ticket:
            print_line(line_of(self._spool, taken.path, taken.ticket))
        else:
            print(f"{taken.job_id}\t{taken.path}", flush=True)

    def _fail(self, reason: str) -> None:
        """Not tried again before it changes."""
        self.well = False
        complain(reason)
