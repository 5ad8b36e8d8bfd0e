"""Reads weights that PyTorch saved before its 1.6, without PyTorch: pickles, then raw numbers."""

import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from app.domain.errors import ModelCorrupt

if TYPE_CHECKING:
    import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
#: Storage of the library -> type of its numbers.
NUMBERS = {"FloatStorage": "<f4", "LongStorage": "<i8"}


@dataclass(frozen=True, kw_only=True)
class _Tensor:
    #: Key of the storage that it is a part of.
    storage: str
    first: int
    shape: tuple[int, ...]
    #: Numbers from one entry to the next, by axis.
    strides: tuple[int, ...]


def read(path: Path, part: str | None = None) -> dict[str, "np.ndarray"]:
    """Tensors by name; `part`: of a file that holds more, where they are. Raises ModelCorrupt."""
    try:
        with path.open("rb") as file:
            return _read(file, part)
    except OSError:
        raise
    except Exception as error:  # a bent pickle makes nearly anything of itself
        raise ModelCorrupt(f"{path} holds no weights that can be read: {error!r}") from error


def _read(file: BinaryIO, part: str | None) -> dict[str, "np.ndarray"]:
    if _Unpickler(file).load() != MAGIC:
        raise ValueError("it starts with other bytes")
    for _ in range(2):  # the protocol, and what the machine was that wrote it
        _Unpickler(file).load()
    unpickler = _Unpickler(file)
    saved = unpickler.load()
    tensors = saved if part is None else saved[part]
    keys = _Unpickler(file).load()
    storages = {key: _storage(file, unpickler.types[key]) for key in keys}
    return {name: _array(storages[each.storage], each) for name, each in tensors.items()}


def _storage(file: BinaryIO, kind: str) -> "np.ndarray":
    import numpy as np

    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * np.dtype(kind).itemsize), kind)


def _array(storage: "np.ndarray", tensor: _Tensor) -> "np.ndarray":
    import numpy as np

    size = storage.itemsize
    return np.ndarray(  # raises ValueError where it would reach out of the storage
        tensor.shape,
        storage.dtype,
        storage,
        offset=tensor.first * size,
        strides=[stride * size for stride in tensor.strides],
    )


class _Unpickler(pickle.Unpickler):
    """Knows the few names that weights need: a pickle that asks for another one is refused."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        #: Type of the numbers by key of the storage.
        self.types: dict[str, str] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuilt
        if module == "torch" and name in NUMBERS:
            return NUMBERS[name]
        raise pickle.UnpicklingError(f"{module}.{name} is no part of weights")

    def persistent_load(self, pid: Any) -> str:
        _, kind, key, *_ = pid
        self.types[key] = kind
        return str(key)


def _rebuilt(
    storage: str, first: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object
) -> _Tensor:
    return _Tensor(storage=storage, first=first, shape=tuple(shape), strides=tuple(strides))
