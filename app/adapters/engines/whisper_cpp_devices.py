"""What the installed build of whisper.cpp can compute on."""

import ctypes
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from typing import Any

#: ggml's kinds of devices that are faster than processors: a card, and graphics in the processor.
GRAPHICS = (1, 2)


def installed() -> bool:
    return find_spec("_pywhispercpp") is not None


@cache
def graphics() -> tuple[str, ...]:
    """Name and description of each: `CUDA0 (NVIDIA A2)`, `Metal (Apple M2)`, `Vulkan0 (...)`.

    None in the build that pip installs, but on Apple's processors; none, too, where the build
    hides them.
    """
    try:
        return tuple(_graphics(_ggml()))
    except (ImportError, OSError, AttributeError):
        return ()


def _ggml() -> Any:
    """The library of ggml by the extension that depends on it: its own name differs by build."""
    import _pywhispercpp as binding

    ggml = ctypes.CDLL(binding.__file__)
    ggml.ggml_backend_dev_count.restype = ctypes.c_size_t
    ggml.ggml_backend_dev_get.restype = ctypes.c_void_p
    ggml.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    ggml.ggml_backend_dev_type.argtypes = [ctypes.c_void_p]
    for text in (ggml.ggml_backend_dev_name, ggml.ggml_backend_dev_description):
        text.restype, text.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
    return ggml


def _graphics(ggml: Any) -> Iterator[str]:
    for number in range(ggml.ggml_backend_dev_count()):
        device = ggml.ggml_backend_dev_get(number)
        if ggml.ggml_backend_dev_type(device) in GRAPHICS:
            name = ggml.ggml_backend_dev_name(device).decode(errors="replace")
            words = ggml.ggml_backend_dev_description(device).decode(errors="replace")
            yield f"{name} ({words})"
