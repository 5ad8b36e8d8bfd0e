"""`transcription.provider = "auto"`: the fastest engine that is installed, for the device."""

import multiprocessing
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Literal

import pytest

from app.adapters.engines import faster_whisper_devices, whisper_cpp_devices
from app.bootstrap import engines
from app.bootstrap.engines import Choice, choice, fastest, on_card, workers
from app.bootstrap.workshop import workshop
from app.config import AppSettings, Transcription
from app.domain.errors import ConfigError
from tests.unit.workbench import until

CARD, METAL, VULKAN = "CUDA0", "Metal (Apple M2)", "Vulkan0 (AMD Radeon)"


def install(monkeypatch: pytest.MonkeyPatch, **libraries: tuple[str, ...] | None) -> None:
    """Provider -> its graphics; None where it is not installed."""
    made = {
        name: SimpleNamespace(
            installed=lambda found=found: found is not None,
            graphics=lambda found=found: found or (),
        )
        for name, found in libraries.items()
    }
    monkeypatch.setattr(engines, "LOCAL", made)


@pytest.mark.parametrize(
    ("faster_whisper", "whisper_cpp", "expected"),
    [
        pytest.param((CARD,), (), "faster_whisper on CUDA0", id="nvidia"),
        pytest.param((CARD,), (CARD,), "faster_whisper on CUDA0", id="nvidia-for-both"),
        pytest.param((), (METAL,), "whisper_cpp on Metal (Apple M2)", id="apple"),
        pytest.param((), (VULKAN,), "whisper_cpp on Vulkan0 (AMD Radeon)", id="vulkan"),
        pytest.param((), (), "faster_whisper on the processor", id="processor"),
        pytest.param(None, (), "whisper_cpp on the processor", id="whisper-cpp-alone"),
        pytest.param((), None, "faster_whisper on the processor", id="ctranslate2-alone"),
    ],
)
def test_auto_takes_the_fastest_that_is_there(
    monkeypatch: pytest.MonkeyPatch,
    faster_whisper: tuple[str, ...] | None,
    whisper_cpp: tuple[str, ...] | None,
    expected: str,
) -> None:
    install(monkeypatch, faster_whisper=faster_whisper, whisper_cpp=whisper_cpp)
    assert str(fastest()) == expected


def test_auto_never_takes_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, faster_whisper=None, whisper_cpp=None)
    with pytest.raises(ConfigError, match="no engine is installed"):
        fastest()


def test_a_named_engine_is_taken_whatever_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, faster_whisper=(CARD,), whisper_cpp=())
    cpp = AppSettings(transcription=Transcription(provider="whisper_cpp"))
    assert choice(cpp) == Choice(provider="whisper_cpp", device="the processor")
    far = AppSettings(transcription=Transcription(provider="openai"))
    assert str(choice(far)) == "openai"


@pytest.mark.parametrize(
    ("provider", "driver", "configured", "expected"),
    [
        pytest.param("faster_whisper", True, 0, 1, id="card"),
        pytest.param("auto", True, 0, 1, id="card-by-auto"),
        pytest.param("faster_whisper", True, 3, 3, id="as-configured"),
        pytest.param("faster_whisper", False, 0, 7, id="no-driver"),
        pytest.param("whisper_cpp", True, 0, 7, id="a-build-without-cards"),
        pytest.param("openai", True, 0, 7, id="elsewhere"),
    ],
)
def test_a_card_has_one_worker_and_a_processor_one_for_each_core(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    provider: Literal["auto", "faster_whisper", "whisper_cpp", "openai"],
    driver: bool,
    configured: int,
    expected: int,
) -> None:
    install(monkeypatch, faster_whisper=(CARD,), whisper_cpp=())
    monkeypatch.setattr(engines, "DRIVERS", (tmp_path,) if driver else (tmp_path / "none",))
    monkeypatch.setattr(engines, "_cores", lambda: 7)
    settings = AppSettings(transcription=Transcription(provider=provider, workers=configured))
    assert workers(settings) == expected
    assert on_card("faster_whisper") is driver


async def test_the_service_takes_what_auto_means_for_its_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, faster_whisper=None, whisper_cpp=())
    settings = AppSettings(
        transcription=Transcription(provider="auto", model="tiny.en", workers=1),
        storage={"data_dir": tmp_path},  # type: ignore[arg-type]
    )
    async with workshop(settings) as tools:
        assert tools.engines.default == ("whisper_cpp", "tiny.en")


@pytest.mark.parametrize(("transcribing", "detecting"), [(1, 1), (4, 1), (8, 2), (16, 4)])
async def test_speech_detection_has_a_worker_for_every_four_that_transcribe(
    tmp_path: Path, transcribing: int, detecting: int
) -> None:
    settings = AppSettings(
        transcription=Transcription(provider="whisper_cpp", model="tiny.en", workers=transcribing),
        storage={"data_dir": tmp_path},  # type: ignore[arg-type]
    )
    async with workshop(settings) as tools:
        assert (tools.pool.slots, tools.detecting.slots) == (transcribing, detecting)


@pytest.mark.parametrize("unload_after", [0.0, 0.05])
async def test_workers_of_speech_detection_end_when_engines_would_be_unloaded(
    tmp_path: Path, unload_after: float
) -> None:
    settings = AppSettings(
        transcription=Transcription(
            provider="whisper_cpp", model="tiny.en", workers=1, unload_after=unload_after
        ),
        storage={"data_dir": tmp_path},  # type: ignore[arg-type]
    )
    async with workshop(settings) as tools:
        worker = await tools.detecting.run(os.getpid)
        if unload_after:
            await until(lambda: worker not in _processes())
        else:
            assert await tools.detecting.run(os.getpid) == worker


@pytest.mark.parametrize(
    ("kind", "found"), [(0, ()), (1, ("Thing0 (a thing)",)), (2, ("Thing0 (a thing)",)), (3, ())]
)
def test_cards_and_graphics_count_and_processors_do_not(kind: int, found: tuple[str, ...]) -> None:
    assert _graphics_of(kind) == found


def test_ctranslate2_tells_its_cards() -> None:
    assert faster_whisper_devices.installed() and whisper_cpp_devices.installed()
    assert all(name.startswith("CUDA") for name in faster_whisper_devices.graphics())


def _processes() -> set[int | None]:
    return {process.pid for process in multiprocessing.active_children()}


def _graphics_of(kind: int) -> tuple[str, ...]:
    ggml = SimpleNamespace(
        ggml_backend_dev_count=lambda: 1,
        ggml_backend_dev_get=lambda number: number,
        ggml_backend_dev_type=lambda device: kind,
        ggml_backend_dev_name=lambda device: b"Thing0",
        ggml_backend_dev_description=lambda device: b"a thing",
    )
    return tuple(whisper_cpp_devices._graphics(ggml))


def test_ggml_names_the_processor_of_this_machine() -> None:
    ggml = whisper_cpp_devices._ggml()
    devices = [ggml.ggml_backend_dev_get(n) for n in range(ggml.ggml_backend_dev_count())]
    assert b"CPU" in [ggml.ggml_backend_dev_name(device) for device in devices]
