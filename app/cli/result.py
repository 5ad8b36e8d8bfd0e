"""`spool result JOB|ASSET`"""

import re
from pathlib import Path
from typing import Annotated

import typer

from app.cli.completing import job_ids
from app.cli.form import Form
from app.cli.hints import found_by
from app.cli.screen import in_terminal, plain, print_line
from app.cli.service import ApiKey, Server, service
from app.cli.trouble import FAILED, complain
from app.client import Job, Refused, Result, Spool
from app.domain.errors import SpoolError
from app.domain.media_types import MEDIA_SUFFIXES, media_suffix
from app.domain.playing_time import clock

#: What some disk or other does not like in a name.
UNLIKED = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
LONGEST_NAME = 100  # letters: 255 bytes with many of four
LISTED = "nor is it a job; `spool jobs` and `spool assets` list what there is"


Which = Annotated[str, typer.Argument(metavar="JOB|ASSET", help="Its id.", autocompletion=job_ids)]
Format = Annotated[
    Form | None, typer.Option("--format", help="Else as the suffix of -o says, or txt.")
]
AsJson = Annotated[bool, typer.Option("--json", help="The same as --format json.")]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="A file; in a folder it is named by the title."),
]
Follow = Annotated[
    bool,
    typer.Option("--follow", help="What is said as it is heard; --json: all events, by lines."),
]


def result(
    which: Which,
    form: Format = None,
    output: Output = None,
    follow: Follow = False,
    as_json: AsJson = False,
    server: Server = None,
    api_key: ApiKey = None,
) -> None:
    """Print or save a transcript; while its job runs, the part that is there.

    On a terminal topics and chapters follow the text, where there are some.
    """
    form = Form.JSON if as_json else form or _by_suffix(output)
    with service(server, api_key) as spool:
        job = _job(spool, which)
        if follow:
            _follow(spool, job.job_id, as_json)
        elif output is not None:
            print(_saved(spool.result_as(job.job_id, form), _place(output, job, form)))
        else:
            print(spool.result_as(job.job_id, form).rstrip("\n"))
            if form is Form.TXT and in_terminal():
                _outline(spool.result(job.job_id))


def _job(spool: Spool, which: str) -> Job:
    """By its own id, or the one that found what is kept of an asset."""
    try:
        return spool.job(which)
    except Refused as error:
        if error.status != 404:
            raise
    with found_by(LISTED):
        asset = spool.asset(which)
    return spool.job(asset.found_by or asset.job_id)


def _by_suffix(output: Path | None) -> Form:
    suffix = output.suffix.lower().lstrip(".") if output else ""
    return next((form for form in Form if form.value == suffix), Form.TXT)


def _place(output: Path, job: Job, form: Form) -> Path:
    if not output.is_dir():
        return output
    title = job.title or job.job_id
    if media_suffix(title) in MEDIA_SUFFIXES:
        title = title.rpartition(".")[0]
    name = UNLIKED.sub(" ", title).strip(" .")[:LONGEST_NAME]
    return output / f"{name or job.job_id}.{form}"


def _saved(text: str, place: Path) -> Path:
    try:
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SpoolError(f"{place}: {error.strerror}") from error
    return place


def _follow(spool: Spool, job_id: str, as_json: bool) -> None:
    """To its end; fails as the job does."""
    for event in spool.events(job_id):
        if as_json:
            print_line({"event": event.kind, **event.data})
        elif event.segment is not None:
            said = event.segment
            print(f"{clock(said.start)}-{clock(said.end)} {plain(said.text)}", flush=True)
    job = spool.job(job_id)
    if job.error is not None:
        complain(f"{job.title}: {job.error.message}", f"spool jobs {job_id}")
        raise typer.Exit(FAILED)


def _outline(found: Result) -> None:
    if found.topics:
        print(f"\nTopics: {', '.join(plain(each.topic) for each in found.topics)}")
    if found.chapters:
        print("\nChapters:")
    for chapter in found.chapters:
        print(f"{clock(chapter.start):>8}  {plain(chapter.title)}")
