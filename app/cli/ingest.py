"""`spool ingest SOURCE…`"""

from typing import Annotated

import typer

from app.cli import job_options as of_job
from app.cli.awaiting import Awaiting
from app.cli.bars import Bars
from app.cli.lines import line_of
from app.cli.screen import print_line
from app.cli.sending import Sending, Sent
from app.cli.service import ApiKey, Server, service
from app.cli.sources import Source, found
from app.cli.trouble import FAILED, INTERRUPTED, complain
from app.client import Job, Options, Spool, Unreachable
from app.domain.errors import InvalidRequest, SpoolError
from app.domain.playing_time import clock

#: Of jobs that go on, named when it is interrupted.
NAMED = 10
FOLLOWED = "`spool result JOB --follow --json` tells the events of a job"

Sources = Annotated[
    list[str],
    typer.Argument(
        help="Files, folders (all media in them), http(s) URLs, globs in quotes: '**/*.mp4'; - for "
        "standard input.",
        metavar="SOURCE…",
    ),
]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until every job has ended.")]
Follow = Annotated[bool, typer.Option("--follow", help="And print what is said as it is heard.")]
AsJson = Annotated[
    bool, typer.Option("--json", help="A JSON object a line for each job; with --wait as it ended.")
]
AtOnce = Annotated[int, typer.Option(help="Uploads at a time.", min=1, max=16)]


def ingest(
    ctx: typer.Context,
    sources: Sources,
    wait: Wait = False,
    follow: Follow = False,
    as_json: AsJson = False,
    at_once: AtOnce = 3,
    language: of_job.Language = None,
    model: of_job.Model = None,
    provider: of_job.Provider = None,
    task: of_job.Doing = None,
    prompt: of_job.Prompt = None,
    title: of_job.Title = None,
    asset_id: of_job.AssetId = None,
    labels: of_job.Labels = None,
    words: of_job.Words = False,
    topics: of_job.Topics = False,
    no_keyframes: of_job.NoKeyframes = False,
    diarize: of_job.Diarize = False,
    priority: of_job.Class = None,
    dedupe: of_job.Dedupe = False,
    webhook_url: of_job.WebhookUrl = None,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Send media to the service; prints the id of each job.

    Interrupted (Ctrl-C), it says which jobs go on in the service.
    """
    media, options = found(sources), of_job.job_options(ctx.params)
    if asset_id and len(media) > 1:
        raise InvalidRequest(f"--asset-id: one name for {len(media)} media; each needs its own")
    if follow and as_json:
        raise InvalidRequest("--follow prints what is said, --json does not", hint=FOLLOWED)
    with service(server, api_key) as spool:
        run = _Ingest(spool, options, media, wait=wait or follow, follow=follow, as_json=as_json)
        if not run.run(at_once):
            raise typer.Exit(FAILED)


class _Ingest:
    """Sends, and follows what was sent, until there is nothing left to do."""

    def __init__(
        self,
        spool: Spool,
        options: Options,
        sources: list[Source],
        *,
        wait: bool,
        follow: bool,
        as_json: bool,
    ) -> None:
        self._spool, self._wait, self._follow, self._as_json = spool, wait, follow, as_json
        self._bars = Bars(len(sources), wait=wait)
        self._sending = Sending(spool, options, sources, self._bars.sending)
        self._awaiting = Awaiting(spool)
        #: By job: several, where the same bytes were sent twice with `dedupe`.
        self._sources: dict[str, list[Source]] = {}
        self._well = True

    def run(self, at_once: int) -> bool:
        """False when a source was refused or its job failed. Raises Unreachable."""
        try:
            with self._bars:
                self._sending.begin(at_once)
                while self._sending.left or (self._wait and self._awaiting.left):
                    self._round()
        except KeyboardInterrupt:
            self._say_what_goes_on()
            raise typer.Exit(INTERRUPTED) from None
        return self._well

    def _round(self) -> None:
        busy = self._wait and self._awaiting.left
        for sent in self._sending.arrived(wait=not busy):
            self._take(sent)
        if self._wait:
            for job in self._awaiting.round():
                self._see(job)

    def _take(self, sent: Sent) -> None:
        if isinstance(sent.error, Unreachable):
            raise sent.error  # so would all others be
        if sent.ticket is None:
            self._refuse(sent)
            return
        job_id = sent.ticket.job_id
        self._sources.setdefault(job_id, []).append(sent.source)
        self._awaiting.add(job_id)
        self._bars.taken(sent.source, job_id, sent.ticket.status)
        if not self._as_json:
            print(job_id, flush=True)
        elif not self._wait:
            print_line(line_of(self._spool, sent.source.named, sent.ticket))
        if self._follow:
            self._listen(job_id)

    def _listen(self, job_id: str) -> None:
        for event in self._spool.events(job_id):
            if event.segment is not None:
                said = event.segment
                print(f"{clock(said.start)}-{clock(said.end)} {said.text}", flush=True)
            elif event.kind == "progress":
                self._bars.at_work(job_id, event.data.get("progress") or 0.0, "Transcribing")

    def _see(self, job: Job) -> None:
        if not job.ended:
            self._bars.at_work(job.job_id, job.progress, job.status)
            return
        self._bars.ended(job)
        for source in self._sources.pop(job.job_id, []):
            if self._as_json:
                print_line(line_of(self._spool, source.named, job))
        for warning in job.warnings:
            complain(f"warning: {job.title}: {warning.message}")
        if job.error is not None:
            self._well = False
            complain(f"{job.title}: {job.error.message}", f"spool jobs {job.job_id}")

    def _refuse(self, sent: Sent) -> None:
        self._well = False
        self._bars.refused(sent.source)
        error, name = sent.error, sent.source.named
        told = error.message if isinstance(error, SpoolError) else getattr(error, "strerror", "")
        hint = error.hint if isinstance(error, SpoolError) else None
        complain(f"{name}: {told or error}", hint)
        if self._as_json:
            why = {"code": getattr(error, "code", None), "message": told, "hint": hint}
            print_line({"source": name, "error": why})

    def _say_what_goes_on(self) -> None:
        left, unsent = self._awaiting.left, self._sending.left
        complain("interrupted" + (f"; {unsent} not sent" if unsent else ""))
        if not left:
            return
        complain(f"{len(left)} go on in the service; `spool cancel JOB…` stops them:")
        for job_id in left[:NAMED]:
            names = ", ".join(source.named for source in self._sources[job_id])
            typer.echo(f"  {job_id}  {names}", err=True)
        if more := left[NAMED:]:
            typer.echo(f"  and {len(more)} more: `spool jobs`", err=True)
