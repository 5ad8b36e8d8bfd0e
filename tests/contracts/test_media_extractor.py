"""MediaExtractor over both adapters, on real files of every kind, and the choice between them."""

import asyncio
import csv
import gzip
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import psutil
import pytest
import soundfile
from numpy.typing import NDArray

from app.adapters import soundfile_audio
from app.adapters.ffmpeg import extractor as extractors
from app.domain.errors import (
    ConfigError,
    EngineCrashed,
    MediaEmpty,
    MediaError,
    MediaTooLong,
    MediaUnreadable,
    NoAudio,
    StorageError,
)
from app.domain.media import BYTES_PER_SECOND, SAMPLE_BYTES, SAMPLE_RATE, Audio
from app.pipeline.extract import extract
from app.ports import MediaExtractor
from tests import caged
from tests.media import zipped
from tests.pipes import told

RATE = 44_100
SECONDS = 3.0
Tone = NDArray[np.float64]
Script = Callable[[str], str]


def ignore(so_far: Audio) -> None:
    pass


def sweep(rate: int = RATE, seconds: float = SECONDS) -> Tone:
    """Two channels alike, rising from 200 to 2,000 Hz."""
    time = np.arange(int(rate * seconds)) / rate
    tone = 0.4 * np.sin(2 * np.pi * (200 + 900 * time / seconds) * time)
    return np.stack([tone, tone], axis=1)


def samples_of(audio: Audio) -> NDArray[np.int16]:
    found = np.fromfile(audio.path, "<i2")
    assert len(found) == audio.samples
    return found


def copied(source: Path, target: Path) -> Path:
    target.write_bytes(source.read_bytes())
    return target


def size(path: Path) -> int | None:
    """Bytes; None when there is no file."""
    return path.stat().st_size if path.exists() else None


def ffmpeg(*arguments: str) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, check=True, timeout=60)


@pytest.fixture(params=["soundfile", "ffmpeg"])
def extractor(request: pytest.FixtureRequest) -> MediaExtractor:
    if request.param == "soundfile":
        return caged.soundfile(60)
    return caged.ffmpeg(60)


@pytest.fixture
def both() -> list[MediaExtractor]:
    return [caged.soundfile(60), caged.ffmpeg(60)]


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "sweep.wav"
    soundfile.write(path, sweep(), RATE)
    return path


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out.s16le"


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """A program of ours in place of ffmpeg."""

    def write(body: str) -> str:
        path = tmp_path / "fake-ffmpeg"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return str(path)

    return write


# ---- what both owe


@pytest.mark.parametrize(
    ("name", "rate", "kind", "subtype"),
    [
        ("x.wav", RATE, "WAV", "PCM_16"),
        ("x.wav", 48_000, "WAV", "PCM_24"),
        ("x.wav", 8_000, "WAV", "FLOAT"),
        ("x.wav", RATE, "RF64", "PCM_16"),
        ("x.flac", 96_000, "FLAC", "PCM_24"),
        ("x.ogg", RATE, "OGG", "VORBIS"),
        ("x.opus", 48_000, "OGG", "OPUS"),
        ("x.mp3", RATE, "MP3", "MPEG_LAYER_III"),
    ],
)
async def test_sound_of_every_format_comes_out_whole_and_alike(
    both: list[MediaExtractor], tmp_path: Path, name: str, rate: int, kind: str, subtype: str
) -> None:
    source = tmp_path / name
    soundfile.write(source, sweep(rate), rate, format=kind, subtype=subtype)
    outcomes = []
    for number, extractor in enumerate(both):
        assert extractor.accepts(source)
        audio = await extractor.extract(source, tmp_path / f"{number}.s16le", ignore)
        assert audio.seconds == pytest.approx(SECONDS, abs=0.03)
        assert audio.declared_seconds == pytest.approx(SECONDS, abs=0.03)
        outcomes.append(samples_of(audio))
    shorter = min(len(outcome) for outcome in outcomes)
    assert max(len(outcome) for outcome in outcomes) - shorter <= SAMPLE_RATE // 100
    first, second = (outcome[:shorter] for outcome in outcomes)
    assert np.corrcoef(first, second)[0, 1] > 0.99
    assert np.std(first) == pytest.approx(np.std(second), rel=0.01)


async def test_an_mp3_is_decoded_without_a_seam_between_blocks(
    tmp_path: Path, target: Path
) -> None:
    """Seeking after each block, as soundfile does by itself, tears a hole of 25 ms."""
    time = np.arange(6 * RATE) / RATE
    soundfile.write(tmp_path / "tone.mp3", 0.4 * np.sin(2 * np.pi * 441 * time), RATE)
    audio = await caged.soundfile(60).extract(tmp_path / "tone.mp3", target, ignore)
    steps = np.abs(np.diff(samples_of(audio).astype(float), n=2))[SAMPLE_RATE : 5 * SAMPLE_RATE]
    assert steps.max() < 1.2 * np.percentile(steps, 99)


async def test_samples_that_need_no_change_stay_as_they_are(
    extractor: MediaExtractor, tmp_path: Path, target: Path
) -> None:
    noise = np.random.default_rng(7).integers(-32768, 32767, SAMPLE_RATE, dtype=np.int16)
    soundfile.write(tmp_path / "raw.wav", noise, SAMPLE_RATE)
    audio = await extractor.extract(tmp_path / "raw.wav", target, ignore)
    assert np.array_equal(samples_of(audio), noise)


def read(audio: Audio) -> bytes:
    return audio.path.read_bytes()[: audio.samples * SAMPLE_BYTES]


async def test_what_is_told_of_can_be_read_at_once(
    extractor: MediaExtractor, tmp_path: Path, target: Path
) -> None:
    source = tmp_path / "long.wav"
    rng = np.random.default_rng(0)
    soundfile.write(source, rng.uniform(-0.5, 0.5, 59 * SAMPLE_RATE), SAMPLE_RATE)
    told: list[tuple[Audio, bytes]] = []

    def growth(so_far: Audio) -> None:
        told.append((so_far, read(so_far)))

    audio = await extractor.extract(source, target, growth)
    whole = read(audio)
    samples = [so_far.samples for so_far, _ in told]
    assert samples == sorted(samples)
    assert audio.samples == len(whole) // SAMPLE_BYTES == 59 * SAMPLE_RATE
    for so_far, there in told:
        assert so_far.path == target
        assert there == whole[: so_far.samples * SAMPLE_BYTES] and so_far.samples <= audio.samples


async def test_a_block_is_told_of_before_the_next_one_is_decoded(
    tmp_path: Path, target: Path
) -> None:
    source = tmp_path / "long.wav"
    soundfile.write(source, np.zeros(50 * SAMPLE_RATE), SAMPLE_RATE)
    told: list[Audio] = []
    audio = await caged.soundfile(60).extract(source, target, told.append)
    assert len(told) >= 25
    assert {so_far.declared_seconds for so_far in told} == {50.0} == {audio.declared_seconds}


async def test_an_empty_file_is_called_empty(
    extractor: MediaExtractor, tmp_path: Path, target: Path
) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(MediaEmpty):
        await extractor.extract(tmp_path / "empty.wav", target, ignore)


async def test_a_medium_of_no_samples_holds_no_audio(
    extractor: MediaExtractor, tmp_path: Path, target: Path
) -> None:
    soundfile.write(tmp_path / "none.wav", np.zeros(0), SAMPLE_RATE)
    with pytest.raises(NoAudio):
        await extractor.extract(tmp_path / "none.wav", target, ignore)


async def test_what_is_no_medium_is_unreadable_and_the_message_hides_our_paths(
    extractor: MediaExtractor, tmp_path: Path, target: Path
) -> None:
    page = tmp_path / "page.wav"
    page.write_text("<html><body>404 Not Found</body></html>" * 50)
    with pytest.raises(MediaUnreadable) as caught:
        await extractor.extract(page, target, ignore)
    assert str(tmp_path) not in caught.value.message
    assert len(caught.value.message) > len("ffmpeg: ")


async def test_a_medium_over_the_limit_is_too_long(wav: Path, target: Path) -> None:
    for extractor in (caged.soundfile(1), caged.ffmpeg(1)):
        with pytest.raises(MediaTooLong):
            await extractor.extract(wav, target, ignore)
    for extractor in (caged.soundfile(3), caged.ffmpeg(3)):
        assert (await extractor.extract(wav, target, ignore)).seconds == pytest.approx(3.0)


async def test_a_full_disk_is_not_the_mediums_fault(extractor: MediaExtractor, wav: Path) -> None:
    with pytest.raises(StorageError):
        await extractor.extract(wav, Path("/dev/full"), ignore)


@pytest.mark.parametrize(
    "name", ["-i", "file:x.wav", "|touch pwned", "a%03d.wav", "$(touch pwned)", "ü\n🎙 '\".wav"]
)
async def test_a_name_is_only_a_name(
    extractor: MediaExtractor, wav: Path, tmp_path: Path, target: Path, name: str
) -> None:
    hostile = copied(wav, tmp_path / name)
    assert (await extractor.extract(hostile, target, ignore)).seconds == pytest.approx(SECONDS)
    assert not (tmp_path / "pwned").exists()


async def test_a_header_that_promises_4_gib_is_not_believed(
    extractor: MediaExtractor, wav: Path, tmp_path: Path, target: Path
) -> None:
    lie = copied(wav, tmp_path / "lie.wav")
    with lie.open("r+b") as file:
        for field in (4, 40):
            file.seek(field)
            file.write(b"\xff\xff\xff\xff")
    audio = await extractor.extract(lie, target, ignore)
    assert audio.seconds == pytest.approx(SECONDS, abs=0.01)
    assert audio.declared_seconds in (None, pytest.approx(SECONDS, abs=0.01))


@pytest.mark.parametrize("name", ["x.zip", "x.gz", "x.mp4", "x.wav", "x.mp3"])
async def test_a_packed_bomb_is_no_medium_and_is_never_unpacked(
    extractor: MediaExtractor, tmp_path: Path, target: Path, name: str
) -> None:
    zeros = bytes(20_000_000)
    bomb = tmp_path / name
    if name == "x.zip":
        bomb.write_bytes(zipped(zeros))
    else:
        bomb.write_bytes(gzip.compress(zeros))
    with pytest.raises(MediaUnreadable):
        await extractor.extract(bomb, target, ignore)
    assert size(target) == 0


async def test_a_medium_that_is_a_link_is_not_followed(
    extractor: MediaExtractor, wav: Path, target: Path
) -> None:
    link = wav.with_name("link.wav")
    link.symlink_to(wav)
    with pytest.raises(MediaUnreadable, match="not a regular file"):
        await extractor.extract(link, target, ignore)


# ---- soundfile


def test_soundfile_looks_at_content_and_not_at_the_name(wav: Path, tmp_path: Path) -> None:
    extractor = caged.soundfile(60)
    disguised = tmp_path / "talk.mp4"
    disguised.write_bytes(wav.read_bytes())
    assert extractor.accepts(disguised)
    for content in (b"", b"RIFF", b"RIFF\0\0\0\0AVI LIST", b"\xff\xf1\x50\x80" * 4, b"\0" * 64):
        disguised.write_bytes(content)
        assert not extractor.accepts(disguised)
    assert not extractor.accepts(tmp_path / "missing.wav")
    os.mkfifo(tmp_path / "pipe.wav")
    assert not extractor.accepts(tmp_path / "pipe.wav")


async def test_samples_that_are_no_numbers_become_silence(tmp_path: Path, target: Path) -> None:
    tone = sweep(SAMPLE_RATE, 1.0)[:, 0]
    tone[100:200], tone[300:400], tone[500:600] = np.nan, np.inf, -np.inf
    tone[700] = 1e30
    soundfile.write(tmp_path / "nan.wav", tone, SAMPLE_RATE, subtype="FLOAT")
    audio = await caged.soundfile(60).extract(tmp_path / "nan.wav", target, ignore)
    found = samples_of(audio)
    for first in (100, 300, 500):
        assert not found[first : first + 100].any()
    assert found[700] == 32767
    assert found[800:].any()
    assert audio.bad_samples == 300


async def test_a_wav_that_was_cut_off_declares_what_it_lacks(tmp_path: Path, target: Path) -> None:
    whole = tmp_path / "whole.wav"
    soundfile.write(whole, sweep(SAMPLE_RATE, 10.0), SAMPLE_RATE)
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    for source, seconds in ((whole, 10.0), (cut, 5.0)):
        audio = await caged.soundfile(60).extract(source, target, ignore)
        assert audio.seconds == pytest.approx(seconds, abs=0.01)
        assert audio.declared_seconds == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ("more than there is", "failed"),
        ("no number", "failed"),
        ("less than nothing", "failed"),
        ("a line without end", "failed"),
        ("depth", "failed"),
        ("an order", "^libsndfile:  \\[2J y{190,}$"),
        ("many words", "failed"),
        ("a crash", "signal 11"),
    ],
)
async def test_a_decoder_that_was_taken_over_is_not_believed(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, lie: str, told: str
) -> None:
    monkeypatch.setattr(soundfile_audio, "CHILD", "tests.contracts.liar")
    source = tmp_path / "evil.wav"
    source.write_bytes(b"RIFF....WAVE" + lie.encode())
    with pytest.raises(MediaUnreadable, match=told):
        await caged.soundfile(60).extract(source, target, ignore)


async def test_a_decoder_that_works_on_and_on_over_a_few_bytes_is_killed(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, script: Script
) -> None:
    source = tmp_path / "evil.wav"
    source.write_bytes(b"RIFF....WAVEwork")
    for adapter in (soundfile_audio, extractors):
        monkeypatch.setattr(adapter, "most_work", lambda size, granted: 0.3)
    monkeypatch.setattr(soundfile_audio, "CHILD", "tests.contracts.liar")
    busy = caged.ffmpeg(60, script("while :; do :; done"))
    for extractor in (caged.soundfile(60), busy):
        with pytest.raises(MediaUnreadable, match="worked for"):
            await extractor.extract(source, target, ignore)


async def test_a_decoder_that_says_nothing_has_found_no_sound(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soundfile_audio, "CHILD", "tests.contracts.liar")
    source = tmp_path / "evil.wav"
    source.write_bytes(b"RIFF....WAVEnothing at all")
    with pytest.raises(NoAudio):
        await caged.soundfile(60).extract(source, target, ignore)


async def test_cancelling_ends_the_decoder(tmp_path: Path, target: Path) -> None:
    source = tmp_path / "long.wav"
    soundfile.write(source, np.zeros(50 * SAMPLE_RATE), SAMPLE_RATE)
    begun = asyncio.Event()
    before = set(psutil.Process().children())
    extraction = asyncio.ensure_future(
        caged.soundfile(60).extract(source, target, lambda _: begun.set())
    )
    await begun.wait()
    extraction.cancel()
    with pytest.raises(asyncio.CancelledError):
        await extraction
    assert set(psutil.Process().children()) <= before


async def test_who_is_cancelled_while_more_waits_to_be_read_is_cancelled(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`wait_for` of Python 3.11 forgets that it was cancelled when what it waits for is there."""
    monkeypatch.setattr(soundfile_audio, "CHILD", "tests.contracts.liar")
    source = tmp_path / "evil.wav"
    source.write_bytes(b"RIFF....WAVEmany lines at once")
    heard: list[Audio] = []
    begun = asyncio.Event()

    def growth(so_far: Audio) -> None:
        heard.append(so_far)
        begun.set()

    extraction = asyncio.ensure_future(caged.soundfile(60).extract(source, target, growth))
    await begun.wait()
    extraction.cancel()
    with pytest.raises(asyncio.CancelledError):
        await extraction
    assert len(heard) < 1000, "nobody else had a turn meanwhile"


# ---- ffmpeg


async def test_a_video_gives_its_first_sound(wav: Path, tmp_path: Path, target: Path) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc=duration=3:size=64x48:rate=5")
    film = str(tmp_path / "film.mkv")
    ffmpeg(*picture, "-i", str(wav), "-i", str(wav), "-map", "0", "-map", "1", "-map", "2", film)
    extractor = caged.ffmpeg(60)
    audio = await extractor.extract(Path(film), target, ignore)
    assert audio.seconds == pytest.approx(SECONDS, abs=0.05)


async def test_a_video_without_sound_has_no_audio(tmp_path: Path, target: Path) -> None:
    film = str(tmp_path / "silent.mp4")
    ffmpeg("-f", "lavfi", "-i", "testsrc=duration=1:size=64x48:rate=5", film)
    with pytest.raises(NoAudio):
        await caged.ffmpeg(60).extract(Path(film), target, ignore)


async def test_sound_that_starts_late_keeps_its_place_in_the_timeline(
    wav: Path, tmp_path: Path, target: Path
) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc=duration=5:size=64x48:rate=5")
    film = str(tmp_path / "late.mkv")
    ffmpeg(*picture, "-itsoffset", "2", "-i", str(wav), "-map", "0", "-map", "1", film)
    audio = await caged.ffmpeg(60).extract(Path(film), target, ignore)
    found = samples_of(audio)
    assert audio.seconds == pytest.approx(5.0, abs=0.05)
    assert not found[: int(1.9 * SAMPLE_RATE)].any()
    assert found[int(2.1 * SAMPLE_RATE) :].any()


async def test_a_cut_off_medium_gives_what_is_there_and_what_was_declared(
    wav: Path, tmp_path: Path, target: Path
) -> None:
    whole = tmp_path / "whole.mp4"
    ffmpeg("-i", str(wav), "-movflags", "+faststart", "-c:a", "aac", str(whole))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * 0.6)])
    audio = await caged.ffmpeg(60).extract(cut, target, ignore)
    assert 0.5 < audio.seconds < 2.5
    assert audio.declared_seconds == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
async def test_a_video_that_is_longer_than_its_sound_declares_its_sound(
    wav: Path, tmp_path: Path, target: Path, container: str
) -> None:
    """It is whole, and not to be called truncated."""
    film = tmp_path / f"film.{container}"
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=10")
    ffmpeg(*picture, "-i", str(wav), "-c:a", "aac", "-pix_fmt", "yuv420p", str(film))
    audio = await caged.ffmpeg(60).extract(film, target, ignore)
    assert audio.seconds == pytest.approx(SECONDS, abs=0.1)
    assert audio.declared_seconds == pytest.approx(SECONDS, abs=0.1)


async def test_boxes_that_lie_far_apart_on_a_slow_disk_hold_up_nobody_else(
    wav: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[threading.Thread] = []

    def slow(medium: int) -> None:
        readers.append(threading.current_thread())

    monkeypatch.setattr(extractors, "sound_seconds", slow)
    await caged.ffmpeg(60).extract(wav, target, ignore)
    assert readers and threading.current_thread() not in readers


async def test_a_recording_that_breaks_off_says_so_where_it_declares_nothing(
    wav: Path, tmp_path: Path, target: Path
) -> None:
    """As browsers record: the head was written when nobody knew how long it would be."""
    live = tmp_path / "live.webm"
    ffmpeg("-i", str(wav), "-f", "webm", "-live", "1", str(live))
    cut = tmp_path / "cut.webm"
    cut.write_bytes(live.read_bytes()[: int(live.stat().st_size * 0.6)])
    whole = await caged.ffmpeg(60).extract(live, target, ignore)
    assert (whole.declared_seconds, whole.breaks_off) == (None, False)
    broken = await caged.ffmpeg(60).extract(cut, target, ignore)
    assert broken.declared_seconds is None and broken.breaks_off
    assert 0.5 < broken.seconds < 2.5


async def test_gaps_between_time_stamps_are_not_filled_with_a_day_of_silence(
    tmp_path: Path, target: Path
) -> None:
    """A few bytes would be gigabytes, and minutes of looking for speech in them."""
    leaps = "sine=duration=4,asetpts='PTS+floor(T*10)*600*SR'"
    gaps = tmp_path / "gaps.mkv"
    ffmpeg("-f", "lavfi", "-i", leaps, "-c:a", "aac", "-b:a", "24k", str(gaps))
    with pytest.raises(MediaTooLong, match="bytes that want to be over"):
        await caged.ffmpeg(86_400).extract(gaps, target, ignore)
    assert size(target) in range(100_000_000)


async def test_a_gap_of_a_day_is_left_out_and_the_day_is_missed(
    tmp_path: Path, target: Path
) -> None:
    leap = "sine=duration=4,asetpts='if(gt(T,2),PTS+80000*SR,PTS)'"
    gap = tmp_path / "gap.mkv"
    ffmpeg("-f", "lavfi", "-i", leap, "-c:a", "pcm_s16le", str(gap))
    audio = await caged.ffmpeg(86_400).extract(gap, target, ignore)
    assert audio.seconds == pytest.approx(4.0, abs=0.1)
    assert audio.declared_seconds == pytest.approx(80_004, abs=1)


async def test_a_gap_of_some_minutes_is_filled(tmp_path: Path, target: Path) -> None:
    leap = "sine=duration=4,asetpts='if(gt(T,2),PTS+600*SR,PTS)'"
    gap = tmp_path / "gap.mkv"
    ffmpeg("-f", "lavfi", "-i", leap, "-c:a", "pcm_s16le", str(gap))
    audio = await caged.ffmpeg(86_400).extract(gap, target, ignore)
    assert audio.seconds == pytest.approx(604, abs=0.5)


async def test_of_many_streams_the_first_is_heard(wav: Path, tmp_path: Path, target: Path) -> None:
    many = str(tmp_path / "many.mkv")
    ffmpeg("-i", str(wav), *("-map", "0") * 100, "-t", "1", "-c:a", "pcm_s16le", many)
    audio = await caged.ffmpeg(60).extract(Path(many), target, ignore)
    assert audio.seconds == pytest.approx(1.0, abs=0.05)


async def test_of_more_streams_than_anybody_needs_something_is_heard_or_nothing(
    wav: Path, tmp_path: Path, target: Path
) -> None:
    many = str(tmp_path / "many.mkv")
    ffmpeg("-i", str(wav), *("-map", "0") * 300, "-t", "1", "-c:a", "pcm_s16le", many)
    with suppress(MediaError):
        assert (await caged.ffmpeg(60).extract(Path(many), target, ignore)).seconds < 1.05


async def test_a_recording_that_lost_its_index_is_unreadable_in_ffmpegs_words(
    wav: Path, tmp_path: Path, target: Path
) -> None:
    whole = tmp_path / "whole.mp4"
    ffmpeg("-i", str(wav), "-c:a", "aac", str(whole))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(MediaUnreadable, match="moov atom not found"):
        await caged.ffmpeg(60).extract(cut, target, ignore)


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{uri}\n#EXT-X-ENDLIST\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{name}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {name}\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        "<Period><AdaptationSet><Representation id='1' mimeType='audio/wav'>"
        "<BaseURL>{uri}</BaseURL></Representation></AdaptationSet></Period></MPD>",
        "[playlist]\nFile1={uri}\n",
    ],
)
@pytest.mark.parametrize("suffix", [".m3u8", ".mp4", ".wav", ".sdp", ".mpd", ".ffconcat"])
async def test_a_playlist_never_reads_another_file(
    both: list[MediaExtractor], wav: Path, target: Path, playlist: str, suffix: str
) -> None:
    source = wav.with_name(f"evil{suffix}")
    source.write_text(playlist.format(uri=f"file://{wav}", name=wav.name))
    with pytest.raises(MediaError):
        await extract(both, source, target, ignore)
    assert size(target) is None


async def test_a_pipe_does_not_block(tmp_path: Path, target: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(MediaUnreadable):
        await caged.ffmpeg(60).extract(tmp_path / "pipe.mp4", target, ignore)


async def test_ffmpeg_that_hangs_is_killed(wav: Path, target: Path, script: Script) -> None:
    hanging = caged.ffmpeg(60, script("trap '' TERM; sleep 600"), stall_seconds=0.1)
    with pytest.raises(MediaUnreadable, match="no progress"):
        await hanging.extract(wav, target, ignore)


async def test_cancelling_kills_ffmpeg_and_all_it_started(
    wav: Path, target: Path, tmp_path: Path, script: Script
) -> None:
    pids = tmp_path / "pids"
    os.mkfifo(pids)
    body = f"trap '' TERM; sleep 600 & echo $$ $! >{pids}; wait"
    running = caged.ffmpeg(60, script(body))
    extraction = asyncio.ensure_future(running.extract(wav, target, ignore))
    started = await told(pids)
    extraction.cancel()
    with pytest.raises(asyncio.CancelledError):
        await extraction
    assert await asyncio.to_thread(_survivors, started) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's promise is Linux's")
def test_ffmpeg_dies_with_the_service(
    wav: Path, target: Path, tmp_path: Path, script: Script
) -> None:
    pids = tmp_path / "pids"
    os.mkfifo(pids)
    fake = script(f"echo $$ >{pids}; exec sleep 600")
    service = (
        "import asyncio, sys; from pathlib import Path\n"
        "from tests import caged\n"
        "run = caged.ffmpeg(60, sys.argv[1]).extract\n"
        "asyncio.run(run(Path(sys.argv[2]), Path(sys.argv[3]), print))\n"
    )
    command = [sys.executable, "-c", service, fake, str(wav), str(target)]
    with subprocess.Popen(command) as process:
        started = pids.read_text()
        process.send_signal(signal.SIGKILL)
    assert _survivors(started) == []


def _survivors(pids: str) -> list[psutil.Process]:
    processes = []
    for pid in map(int, pids.split()):
        with suppress(psutil.NoSuchProcess):
            processes.append(psutil.Process(pid))
    alive = psutil.wait_procs(processes, timeout=10)[1]
    return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


async def test_a_crash_of_ffmpeg_is_the_mediums_fault_and_a_kill_from_outside_is_not(
    wav: Path, target: Path, script: Script
) -> None:
    with pytest.raises(MediaUnreadable, match="signal 11"):
        await caged.ffmpeg(60, script("kill -SEGV $$")).extract(wav, target, ignore)
    with pytest.raises(EngineCrashed, match="signal 9"):
        await caged.ffmpeg(60, script("kill -KILL $$")).extract(wav, target, ignore)


async def test_an_ffmpeg_that_writes_without_end_is_stopped_by_the_kernel(
    wav: Path, target: Path, script: Script
) -> None:
    endless = caged.ffmpeg(1, script("exec dd if=/dev/zero bs=4096"))
    with pytest.raises(MediaTooLong):
        await endless.extract(wav, target, ignore)
    assert size(target) in range(4 * BYTES_PER_SECOND)


async def test_an_ffmpeg_that_talks_without_end_is_not_remembered(
    wav: Path, target: Path, script: Script
) -> None:
    body = "head -c 3000000 /dev/zero >&2; for i in 1 2 3; do echo '[error] bad' >&2; done; exit 1"
    with pytest.raises(MediaError) as caught:
        await caged.ffmpeg(60, script(body)).extract(wav, target, ignore)
    assert len(caught.value.message) < 100


async def test_an_ffmpeg_that_is_not_there_is_a_matter_of_settings(wav: Path, target: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        await caged.ffmpeg(60, "/nowhere/ffmpeg").extract(wav, target, ignore)


# ---- the choice between them


async def test_what_one_extractor_left_never_passes_for_the_sound_of_the_next(
    wav: Path, target: Path, script: Script
) -> None:
    copied(wav, target)
    with pytest.raises(MediaUnreadable, match="bad"):
        await caged.ffmpeg(60, script("echo '[error] bad' >&2; exit 1")).extract(
            wav, target, ignore
        )


async def test_joined_streams_are_read_to_the_end(
    both: list[MediaExtractor], tmp_path: Path, target: Path
) -> None:
    soundfile.write(tmp_path / "one.ogg", sweep(), RATE)
    joined = tmp_path / "joined.ogg"
    joined.write_bytes((tmp_path / "one.ogg").read_bytes() * 2)
    audio = await extract(both, joined, target, ignore)
    assert audio.seconds == pytest.approx(2 * SECONDS, abs=0.1)


async def test_an_mp3_without_index_is_read_to_the_end(
    both: list[MediaExtractor], wav: Path, tmp_path: Path, target: Path
) -> None:
    mp3 = tmp_path / "vbr.mp3"
    ffmpeg("-i", str(wav), "-write_xing", "0", "-q:a", "5", str(mp3))
    audio = await extract(both, mp3, target, ignore)
    assert audio.seconds == pytest.approx(SECONDS, abs=0.1)


async def test_a_damaged_flac_is_saved_by_the_next_extractor(
    both: list[MediaExtractor], tmp_path: Path, target: Path
) -> None:
    flac = tmp_path / "cut.flac"
    soundfile.write(flac, sweep(), RATE)
    flac.write_bytes(flac.read_bytes()[: flac.stat().st_size // 2])
    audio = await extract(both, flac, target, ignore)
    assert 1.0 < audio.seconds < 2.0
    assert audio.declared_seconds == pytest.approx(SECONDS)


async def test_nothing_is_left_behind_by_a_failure(wav: Path, target: Path) -> None:
    with pytest.raises(MediaTooLong):
        await extract([caged.soundfile(1)], wav, target, ignore)
    assert size(target) is None
    with pytest.raises(MediaUnreadable):
        await extract([], wav, target, ignore)


async def test_every_malformed_file_ends_in_sound_or_a_code(
    both: list[MediaExtractor], corpus: Path, target: Path
) -> None:
    with (corpus / "malformed" / "EXPECTED.tsv").open() as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    assert rows
    for row in rows:
        source = corpus / "malformed" / row["file"]
        readable = row["ffmpeg_exit"] == "0" and "audio" in (row["pyav_streams"] or "")
        try:
            audio = await extract(both, source, target, ignore)
        except MediaError as error:
            assert error.code.startswith("media.")
            assert not readable or row["file"] == "ps_null.wav", (row["file"], error.message)
        else:
            assert readable, row["file"]
            assert size(target) == 2 * audio.samples > 0


async def test_real_video_and_speech_come_out_whole(
    both: list[MediaExtractor], corpus: Path, target: Path
) -> None:
    for name, seconds in [
        ("video/friday.mp4", 6.2),
        ("video/flower.webm", 5.1),
        ("speech/jfk.wav", 11.0),
        ("speech/lj001_0005.mp3", 8.1),
        ("speech/kerstin_de_rhasspy-0004.webm", 6.8),
    ]:
        audio = await extract(both, corpus / name, target, ignore)
        assert audio.seconds == pytest.approx(seconds, abs=0.1), name
