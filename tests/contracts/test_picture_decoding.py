"""What the service believes of a decoder of pictures: it has met a stranger's bytes."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path

import pytest

from app.adapters.confined.cage import Cage
from app.adapters.pictures import decoding
from app.adapters.pictures.decoding import Decoder
from app.domain.confinement import Bounds, Streams
from app.domain.errors import (
    ConfigError,
    EngineCrashed,
    MediaTooLarge,
    MediaUnreadable,
    SpoolError,
    StorageFull,
)
from app.domain.pictures import Size
from tests.pictures import halves

MOST = 4_000_000  # pixels


class Posed:
    """A confinement in which somebody else sits in the decoder's place."""

    def __init__(self, script: str) -> None:
        self.script = script

    def program(
        self, command: Sequence[str], streams: Streams, bounds: Bounds
    ) -> AbstractAsyncContextManager[Process]:
        return Cage().program(command, streams, bounds)

    @asynccontextmanager
    async def module(
        self, name: str, arguments: Sequence[str], streams: Streams, bounds: Bounds
    ) -> AsyncIterator[Process]:
        command = ["/bin/bash", "-c", self.script, "posed", *arguments]
        async with Cage().program(command, streams, bounds) as process:
            yield process

    def spent(self, process: Process) -> float:
        return 0.0


def _sane(width: int, height: int, *full: int) -> str:
    return f'echo \'{{"width": {width}, "height": {height}, "full": {list(full)}}}\''


def posed(script: str, scratch: Path) -> Decoder:
    return Decoder(MOST, confinement=Posed(script), memory_bytes=2 << 30, scratch=scratch)


async def test_what_makes_sense_is_taken(tmp_path: Path) -> None:
    decoder = posed(f"echo -n abc >&$1; {_sane(1, 1, 7, 5)}", tmp_path)
    with closing(await decoder.decode(halves(tmp_path / "a.png"))) as bitmap:
        assert (bitmap.width, bitmap.height, bitmap.size) == (1, 1, Size(width=7, height=5))
        assert await asyncio.to_thread(bitmap.path.read_bytes) == b"abc"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("exit 0", MediaUnreadable),
        ("exit 3", MediaUnreadable),
        ("echo words", MediaUnreadable),
        (_sane(1, 1, 1, 1), MediaUnreadable),
        (f"echo -n abcd >&$1; {_sane(1, 1, 1, 1)}", MediaUnreadable),
        (f"echo -n abc >&$1; {_sane(1, 1, 0, 1)}", MediaUnreadable),
        (f"echo -n abc >&$1; {_sane(-1, -1, 1, 1)}", MediaUnreadable),
        (f"echo -n abc >&$1; {_sane(1, 1, 1, MOST + 1)}", MediaUnreadable),
        ("while :; do echo; done", MediaUnreadable),
        ("echo '{\"errno\": 28}'", StorageFull),
        (f"echo '{{\"errno\": {10**30}}}'", MediaUnreadable),
        ('echo \'{"failed": "media.too_large", "words": "a bomb"}\'', MediaTooLarge),
    ],
)
async def test_nothing_that_a_decoder_says_is_taken_as_given(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    error: type[SpoolError],
) -> None:
    """It may be theirs by now. What it leaves is taken away."""
    source = halves(tmp_path / "a.png")
    scratch = tmp_path / "scratch"
    monkeypatch.setattr(decoding, "PATIENCE", 5.0)
    decoder = posed(script, scratch)
    with pytest.raises(error):
        await decoder.decode(source)
    assert list(scratch.iterdir()) == []


def test_who_kills_a_decoder_from_outside_or_lacks_its_parts_blames_no_picture() -> None:
    with pytest.raises(EngineCrashed):
        decoding._require_good_end(-9, b"")
    with pytest.raises(ConfigError, match="No module named 'PIL'"):
        decoding._require_good_end(127, b"[fatal] child: No module named 'PIL'\n")
    with pytest.raises(MediaUnreadable, match="signal 11"):
        decoding._require_good_end(-11, b"")
