"""What the service needs of this machine, check by check."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from asyncio.subprocess import DEVNULL
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from app.adapters.confined.cage import Cage
from app.adapters.port import check_free
from app.bootstrap.engines import AUTO, choice
from app.bootstrap.models import (
    NO_MODEL,
    SPEECH_MODEL,
    WHISPER_KINDS,
    embedding_kind,
    index_models,
    model_store,
)
from app.bootstrap.records import database_url
from app.bootstrap.schema import living, schema_of
from app.bootstrap.seeing import LITE0
from app.bootstrap.stores import try_bucket
from app.cli.service import configured
from app.client import Spool
from app.config import AppSettings
from app.domain.boots import check_alike
from app.domain.confinement import Bounds, Streams
from app.domain.errors import ConfigError, SpoolError
from app.domain.full_set import full_set
from app.domain.models import ModelKind, ModelSource
from app.services.disk import told

FREE_WANTED = 2 * 1024**3  # bytes: a few hours of sound and the models

#: Says what it found, or raises one of BAD.
Check = Callable[[], str]
BAD = (SpoolError, OSError, sqlite3.Error, subprocess.SubprocessError)


def checks(
    settings: AppSettings, fetch: bool, *, data: bool, port: bool
) -> Iterator[tuple[str, Check]]:
    """`fetch`: what is missing of the models. `data`, `port`: whether those here are looked at."""
    yield "ffmpeg", _ffmpeg
    yield "walls around media", _walls
    if data:
        yield "data folder", lambda: _writable(settings.storage.data_dir)
        yield "disk", lambda: _free(settings.storage.data_dir)
        yield "database", lambda: _database(settings)
        if url := settings.storage.files_url:
            yield "bucket", partial(_bucket, url, settings.storage.store_options or {})
    if port:
        yield "port", lambda: _port(settings)
    yield "engine", lambda: _engine(settings)
    for what, model, kind in _weights(settings):
        yield what, partial(_model, settings, model, kind, fetch)
    if settings.pictures.ocr:
        yield "text in pictures", _reader


def _weights(settings: AppSettings) -> Iterator[tuple[str, str, ModelKind]]:
    if whisper := _whisper(settings):
        yield "transcription model", settings.transcription.model, whisper
    yield "speech detection", SPEECH_MODEL, ModelKind.SPEECH_DETECTION
    yield "embedding model", settings.search.embedding_model, embedding_kind(settings)
    visual = settings.pictures.visual_model
    if visual != NO_MODEL:
        yield "picture model", visual, ModelKind.VISUAL if visual == LITE0 else ModelKind.CLIP


def _reader() -> str:
    """A lean installation does without."""
    if find_spec("rapidocr") is None:
        return f"not read, for rapidocr is not installed: {full_set()}"
    return "read by rapidocr"


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


def _walls() -> str:
    """Whether what meets media can be closed in, and ffmpeg works in there."""
    return asyncio.run(_walled())


#: What `Cage.missing` finds nothing of.
ALL_WALLS = "all: no network, no files but libraries, no rights of root, few calls of the kernel"


async def _walled() -> str:
    import imageio_ffmpeg

    cage = Cage()
    command = (shutil.which(imageio_ffmpeg.get_ffmpeg_exe()) or "", "-version")
    bounds = Bounds(file_bytes=0, cpu_seconds=60)
    async with cage.program(command, Streams(source=DEVNULL, output=DEVNULL), bounds) as process:
        _, trouble = await process.communicate()
    if process.returncode:
        raise SpoolError(
            f"ffmpeg does not work within them: {trouble.decode(errors='replace').strip()[-200:]}",
            hint="install an ffmpeg that is one program and needs only the system's libraries",
        )
    missing = await cage.missing()
    return f"without {', '.join(missing)}" if missing else ALL_WALLS


def _writable(folder: Path) -> str:
    """Nothing is made where there is none yet."""
    there = _nearest(folder)
    if there != folder.absolute():
        if not os.access(there, os.W_OK | os.X_OK):
            raise SpoolError(f"{folder.absolute()} cannot be made: {there} is not writable")
        return f"{folder.absolute()}, none yet: made at the first start"
    probe = folder / f".probe-{os.getpid()}"
    probe.write_bytes(b"")
    probe.unlink()
    return str(folder.absolute())


def _nearest(folder: Path) -> Path:
    """The folder, or the one above it that there is."""
    whole = folder.absolute()
    return next(each for each in (whole, *whole.parents) if each.exists())


def _free(folder: Path) -> str:
    free = shutil.disk_usage(_nearest(folder)).free
    if free < FREE_WANTED:
        raise SpoolError(
            f"{told(free)} free", hint="make room, or set [app.storage] data_dir elsewhere"
        )
    return f"{told(free)} free"


def _database(settings: AppSettings) -> str:
    url = database_url(settings)
    if not url.startswith("sqlite"):
        return _server(settings)
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


def _server(settings: AppSettings) -> str:
    """That it answers, and that whoever works on it has the settings that must be alike."""
    found, newest = schema_of(settings)
    if found is None:
        return "a server, empty: filled at the first start"
    if found != newest:
        return f"a server, schema {found}: the start brings it to {newest}"
    others = living(settings)
    check_alike(index_models(settings), others)
    return f"a server, {len(others)} services at work on it"


def _bucket(url: str, options: Mapping[str, str]) -> str:
    try:
        asyncio.run(try_bucket(url, options))
    except SpoolError as error:
        raise SpoolError(f"{url}: {error.message}", hint=BUCKET) from error
    return f"{url}: written to, read and cleared up"


BUCKET = "is it there, and are [app.storage] files_url and store_options right?"


def _port(settings: AppSettings) -> str:
    server = settings.server
    try:
        check_free(server.host, server.port)
    except ConfigError as error:
        return _neighbour(error)
    return f"{server.host}:{server.port} is free"


def _neighbour(trouble: ConfigError) -> str:
    """A port that Spool itself has taken is no trouble."""
    try:
        with Spool(configured()) as spool:
            health = spool.health()
        return f"Spool {health['version']} is running there"
    except (SpoolError, KeyError):
        raise trouble from None


def _model(settings: AppSettings, name: str, kind: ModelKind, fetch: bool) -> str:
    store = model_store(settings)
    if Path(name).exists() or fetch:
        found = store.find(name, kind)
        return f"{name} ({found.source}): {found.path}"
    entries = {(entry.name, entry.kind): entry for entry in store.entries()}
    entry = entries.get((name, kind))
    if entry is not None and entry.path is not None:
        return f"{name} ({ModelSource.FOLDER}): {entry.path}"
    if entry.sources if entry is not None else settings.models.hub:
        return f"{name} is not here yet: the service fetches it at its start, or --fetch does now"
    raise SpoolError(f"{name} is not here", hint="nor to be had: see Models in the guide")
