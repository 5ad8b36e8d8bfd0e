"""Reads the `model.bin` of CTranslate2, version 6."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from app.domain.errors import ModelCorrupt

if TYPE_CHECKING:
    import numpy as np

VERSION = 6
#: Type id in the file -> numpy type. The weights of quantised files are integers, beside scales:
#: not for us.
FLOATS = {0: "<f4", 4: "<f2"}
INTEGERS = {1: "i1", 2: "<i2", 3: "<i4"}


class Checkpoint:
    """Named arrays in one file, mapped into memory and not copied."""

    def __init__(self, path: Path) -> None:
        """Raises ModelCorrupt when the file is cut off, or is something else."""
        self._path = path
        self._places: dict[str, tuple[int, tuple[int, ...], int]] = {}
        try:
            with path.open("rb") as file:
                self._read_places(file, path.stat().st_size)
        except (struct.error, UnicodeDecodeError) as error:
            raise ModelCorrupt(f"{path} is no CTranslate2 model of version {VERSION}") from error

    def __contains__(self, name: str) -> bool:
        return name in self._places

    @property
    def readable(self) -> bool:
        """Whether all weights are floats that `tensor` can read."""
        weights = (kind for name, (kind, *_) in self._places.items() if name.endswith("/weight"))
        return all(kind in FLOATS for kind in weights)

    def tensor(self, name: str) -> "np.ndarray":
        """The floats of that name, read-only. Raises ModelCorrupt when there are none."""
        return self._array(name, FLOATS)

    def number(self, name: str) -> int:
        return int(self._array(name, INTEGERS).reshape(-1)[0])

    def _array(self, name: str, types: Mapping[int, str]) -> "np.ndarray":
        import numpy as np

        if name not in self._places:
            raise ModelCorrupt(f"{self._path} lacks {name}")
        kind, shape, offset = self._places[name]
        if kind not in types:
            raise ModelCorrupt(
                f"{self._path} holds {name} in a form that cannot be read here: let CTranslate2's "
                "converter make it anew with --quantization float16"
            )
        return np.memmap(self._path, dtype=types[kind], mode="r", offset=offset, shape=shape)

    def _read_places(self, file: BinaryIO, size: int) -> None:
        (version,) = _unpack(file, "<I")
        if version != VERSION:
            raise ModelCorrupt(f"{self._path} is no CTranslate2 model of version {VERSION}")
        _text(file)
        _, count = _unpack(file, "<II")
        for _ in range(count):
            name = _text(file)
            (rank,) = _unpack(file, "<B")
            shape = _unpack(file, f"<{rank}I")
            kind, length = _unpack(file, "<BI")
            self._places[name] = (kind, shape, file.tell())
            if file.seek(length, 1) > size:
                raise ModelCorrupt(f"{self._path} ends inside {name}")


def _unpack(file: BinaryIO, form: str) -> tuple[int, ...]:
    return struct.unpack(form, file.read(struct.calcsize(form)))


def _text(file: BinaryIO) -> str:
    (length,) = _unpack(file, "<H")
    return file.read(length).rstrip(b"\0").decode()
