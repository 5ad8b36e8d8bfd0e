"""What a job may be told on the command line."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import typer

from app.cli.completing import asset_ids
from app.cli.screen import parts
from app.client import Options
from app.domain.jobs import Priority, Task


def _option(help: str, *names: str, **more: Any) -> Any:
    return typer.Option(*names, help=help, rich_help_panel="The job", **more)


Language = Annotated[str | None, _option("Code or name; else detected.")]
Model = Annotated[str | None, _option("Model name; else as configured.")]
Provider = Annotated[str | None, _option("faster_whisper, whisper_cpp, openai.")]
Doing = Annotated[Task | None, _option("translate: into English.")]
Prompt = Annotated[str | None, _option("Names and terms to expect.")]
Title = Annotated[str | None, _option("Title; else the file name.")]
AssetId = Annotated[str | None, _option("Your own name for it.", autocompletion=asset_ids)]
Labels = Annotated[str | None, _option("Comma-separated; on all of them.")]
Words = Annotated[bool, _option("Word timestamps, in JSON.", "--words")]
Topics = Annotated[bool, _option("Topics and chapters.", "--topics")]
NoKeyframes = Annotated[bool, _option("Of a video only what is said.", "--no-keyframes")]
Diarize = Annotated[bool, _option("Tell who speaks.", "--diarize")]
Class = Annotated[Priority | None, _option("Who goes first.")]
Dedupe = Annotated[bool, _option("Take what was found in the same bytes before.", "--dedupe")]
WebhookUrl = Annotated[str | None, _option("Told when the job has ended.")]

#: They have the same name here and there.
Plain = Literal["language", "model", "provider", "task", "prompt", "title", "asset_id", "priority"]
PLAIN: tuple[Plain, ...] = get_args(Plain)


def job_options(given: Mapping[str, Any]) -> Options:
    """Of a command's parameters by name; what was not given is left to the service."""
    told: Options = {
        "labels": parts(given.get("labels")) or None,
        "word_timestamps": given.get("words") or None,
        "topics": given.get("topics") or None,
        "keyframes": False if given.get("no_keyframes") else None,
        "diarize": given.get("diarize") or None,
        "dedupe": given.get("dedupe") or None,
        "webhook_url": given.get("webhook_url"),
    }
    for name in PLAIN:
        told[name] = given.get(name)
    return told
