"""Which engine the settings mean, and what each of them computes on."""

import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from app.adapters.engines import faster_whisper_devices, whisper_cpp_devices
from app.config import AppSettings
from app.domain.errors import ConfigError

AUTO = "auto"
PROCESSOR = "the processor"
#: The fastest on like devices first. An endpoint is nobody's choice but the user's.
LOCAL: dict[str, ModuleType] = {
    "faster_whisper": faster_whisper_devices,
    "whisper_cpp": whisper_cpp_devices,
}
#: What NVIDIA's driver shows, on Linux and in Windows' Linux. Without it no library need be
#: loaded to look for a card.
DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
CUDA = "CUDA"


@dataclass(frozen=True, kw_only=True)
class Choice:
    provider: str
    #: What it computes on; empty for an endpoint.
    device: str

    def __str__(self) -> str:
        return f"{self.provider} on {self.device}" if self.device else self.provider


def choice(settings: AppSettings) -> Choice:
    """The configured engine; of `auto`, the fastest that is installed. Raises ConfigError."""
    named = settings.transcription.provider
    if named == AUTO:
        return fastest()
    return Choice(provider=named, device=_device(named) if named in LOCAL else "")


def fastest() -> Choice:
    """A card or graphics before the processor. Raises ConfigError where no engine is installed."""
    here = [provider for provider, library in LOCAL.items() if library.installed()]
    if not here:
        raise ConfigError("transcription.provider is auto, and no engine is installed")
    return next(
        (Choice(provider=each, device=_device(each)) for each in here if LOCAL[each].graphics()),
        Choice(provider=here[0], device=PROCESSOR),
    )


def on_card(provider: str) -> bool:
    """Whether that engine computes on an NVIDIA card."""
    driver = any(path.exists() for path in DRIVERS)
    return driver and provider in LOCAL and _device(provider).startswith(CUDA)


def workers(settings: AppSettings) -> int:
    """As configured; else one for a card, which has a copy of the model for each; else by cores.

    Raises ConfigError.
    """
    named = settings.transcription.provider
    if settings.transcription.workers:
        return settings.transcription.workers
    return 1 if on_card(fastest().provider if named == AUTO else named) else _cores()


def _cores() -> int:
    """Those that this process may use: a container often has fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _device(provider: str) -> str:
    return ", ".join(LOCAL[provider].graphics()) or PROCESSOR
