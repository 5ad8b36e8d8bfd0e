"""What the installed CTranslate2 can compute on."""

from functools import cache
from importlib.util import find_spec


def installed() -> bool:
    return find_spec("ctranslate2") is not None and find_spec("tokenizers") is not None


@cache
def graphics() -> tuple[str, ...]:
    """`CUDA0`, ...: the NVIDIA cards that it can use."""
    try:
        import ctranslate2

        return tuple(f"CUDA{number}" for number in range(ctranslate2.get_cuda_device_count()))
    except (ImportError, OSError, RuntimeError):
        return ()
