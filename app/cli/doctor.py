"""`spool doctor`"""

import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import typer
from rich.console import Console

from app.bootstrap.engines import AUTO, choice
from app.bootstrap.models import SPEECH_MODEL, WHISPER_KINDS, embedding_kind, model_store
from app.bootstrap.records import database_url
from app.cli.service import service
from app.config import AppSettings, load_settings
from app.domain.errors import ConfigError, SpoolError
from app.domain.models import ModelKind

FREE_WANTED = 2 * 1024**3  # bytes: a few hours of sound and the models


def doctor(
    offline: bool = typer.Option(False, "--offline", help="Do not fetch missing models."),
) -> None:
    """Check what the service needs, and say what to do about what is missing."""
    settings = load_settings()
    console = Console(highlight=False, soft_wrap=True)
    well = True
    for name, check in _checks(settings, offline):
        try:
            console.print(f"[green]ok  [/] {name}: {check()}")
        except (SpoolError, OSError, sqlite3.Error, subprocess.SubprocessError) as error:
            well = False
            console.print(f"[red]bad [/] {name}: ", end="")
            console.print(str(error), markup=False)
            if getattr(error, "hint", None):
                console.print(f"     {error.hint}", markup=False)  # type: ignore[union-attr]
    raise typer.Exit(0 if well else 1)


def _checks(settings: AppSettings, offline: bool) -> Iterator[tuple[str, Callable[[], str]]]:
    model, kind = settings.transcription.model, embedding_kind(settings)
    yield "ffmpeg", _ffmpeg
    yield "data folder", lambda: _writable(settings.storage.data_dir)
    yield "disk", lambda: _free(settings.storage.data_dir)
    yield "database", lambda: _database(settings)
    yield "port", lambda: _port(settings)
    yield "engine", lambda: _engine(settings)
    if whisper := _whisper(settings):
        yield (
            "transcription model",
            lambda: _model(settings, model, whisper, offline),
        )
    yield (
        "speech detection",
        lambda: _model(settings, SPEECH_MODEL, ModelKind.SPEECH_DETECTION, offline),
    )
    yield (
        "embedding model",
        lambda: _model(settings, settings.search.embedding_model, kind, offline),
    )


def _engine(settings: AppSettings) -> str:
    auto = settings.transcription.provider == AUTO
    return f"{choice(settings)}, chosen by auto" if auto else str(choice(settings))


def _whisper(settings: AppSettings) -> ModelKind | None:
    """The form of the engine's weights. None: it is an endpoint, or there is no engine, which the
    check of the engine says."""
    try:
        return WHISPER_KINDS.get(choice(settings).provider)
    except ConfigError:
        return None


def _ffmpeg() -> str:
    import imageio_ffmpeg

    try:
        found = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise SpoolError("not found", hint="install ffmpeg, or imageio-ffmpeg anew") from error
    run = subprocess.run([found, "-version"], capture_output=True, text=True, check=True)
    return run.stdout.split(" Copyright")[0]


def _writable(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".probe-{os.getpid()}"
    probe.write_bytes(b"")
    probe.unlink()
    return str(folder.absolute())


def _free(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free < FREE_WANTED:
        raise SpoolError(
            f"{free / 1e9:.1f} GB free", hint="make room, or set [app.storage] data_dir elsewhere"
        )
    return f"{free / 1e9:.0f} GB free"


def _database(settings: AppSettings) -> str:
    url = database_url(settings)
    if not url.startswith("sqlite"):
        return "not SQLite: checked when the service starts"
    file = Path(url.split("///", 1)[1])
    if not file.exists():
        return "none yet: made at the first start"
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        [answer] = database.execute("PRAGMA quick_check(1)").fetchone()
        [jobs] = database.execute("SELECT count(*) FROM jobs").fetchone()
    database.close()
    if answer != "ok":
        raise SpoolError(f"{file}: {answer}", hint="restore it from a backup")
    return f"{file}, {jobs} jobs"


def _port(settings: AppSettings) -> str:
    server = settings.server
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    try:
        with socket.create_server((server.host, server.port), family=family):
            return f"{server.host}:{server.port} is free"
    except OSError as error:
        return _neighbour(f"{server.host}:{server.port}: {os.strerror(error.errno or 0)}")


def _neighbour(trouble: str) -> str:
    """A port that Spool itself has taken is no trouble."""
    try:
        with service(None, None) as spool:
            health = spool.health()
        return f"Spool {health['version']} is running there"
    except (SpoolError, KeyError) as error:
        raise SpoolError(trouble, hint="set [app.server] port to another") from error


def _model(settings: AppSettings, name: str, kind: ModelKind, offline: bool) -> str:
    store = model_store(settings)
    if Path(name).exists():
        return f"{name}: {store.find(name, kind).path}"
    here = {(entry.name, entry.kind): entry.path for entry in store.entries()}.get((name, kind))
    if here is None and offline:
        raise SpoolError(f"{name} is not here", hint="run: spool doctor, with the network up")
    found = store.find(name, kind)
    return f"{name} ({found.source}): {found.path}"
