"""`spool transcribe FILE`: no server needed."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, TextColumn
from rich.progress import TaskProgressColumn as Percent

from app.bootstrap.workshop import transcribe_file
from app.cli import job_options as of_job
from app.cli.form import Form
from app.cli.progress import progress
from app.config import load_settings, secrets_of, withdraw_secrets
from app.domain import languages
from app.domain.captions import CaptionFormat, render
from app.domain.decoding import DecodingOptions
from app.domain.jobs import Task
from app.domain.result import detection_row, repair_rows, segment_rows
from app.domain.transcript import Transcript
from app.logs import configure


def transcribe(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Audio or video.")],
    form: Annotated[Form, typer.Option("--format", help="Of the output.")] = Form.TXT,
    language: of_job.Language = None,
    task: of_job.Doing = None,
    model: of_job.Model = None,
    provider: of_job.Provider = None,
    prompt: of_job.Prompt = None,
    words: of_job.Words = False,
) -> None:
    """Transcribe one file here and now; the transcript goes to standard output."""
    chosen = {"model": model} if model and provider != "openai" else {}
    settings = load_settings(transcription=chosen)  # here a path will do, too
    configure("WARNING", json_lines=settings.logging.json_lines, secrets=secrets_of(settings))
    withdraw_secrets()
    options = DecodingOptions(
        language=languages.asked_for(language),
        task=task or Task.TRANSCRIBE,
        prompt=prompt,
        word_timestamps=words,
    )
    with progress(TextColumn("{task.description}"), BarColumn(), Percent(), transient=True) as bars:
        bar = bars.add_task(file.name, total=1.0)
        transcript = asyncio.run(
            transcribe_file(
                settings,
                file,
                options,
                provider=provider,
                model=model if provider == "openai" else None,
                progress=lambda done: bars.update(bar, completed=done),
            )
        )
    if not transcript.segments:
        print("nobody was heard to speak", file=sys.stderr)
    print(_rendered(transcript, form), end="")


def _rendered(transcript: Transcript, form: Form) -> str:
    if form is not Form.JSON:
        return render(transcript, CaptionFormat(form.value))
    document: dict[str, Any] = {
        "transcript": transcript.text,
        "segments": segment_rows(transcript.segments),
        "language_detection": detection_row(transcript.language_detection),
        "repairs": repair_rows(transcript.repairs),
        "duration": transcript.duration,
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
