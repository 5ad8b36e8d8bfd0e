"""Waveforms of decoded sound, by numpy: block by block, however long it is."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from app.domain.errors import StorageError
from app.domain.media import SAMPLE_BYTES, Audio
from app.domain.system_errors import refused
from app.domain.waveform import STEP, Waveform, samples_per_pair

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.int16]

BLOCK = 4 * 2**20  # samples: 8 MiB


class NumpyWaveforms:
    """Implements `ports.WaveformDrawer`."""

    async def draw(self, audio: Audio) -> Waveform:
        """Each block in a thread: one that is cancelled leaves no more than a block at work."""
        drawing = _Drawing(samples_per_pair(audio.samples), audio.samples)
        for first in range(0, audio.samples, BLOCK):
            number = min(BLOCK, audio.samples - first)
            await asyncio.to_thread(drawing.add, audio.path, first, number)
        return drawing.waveform()


class _Drawing:
    """The lowest and the highest sample of each stretch, as far as it was read."""

    def __init__(self, each: int, samples: int) -> None:
        """`each`: samples in a stretch."""
        import numpy as np

        self._each = each
        stretches = -(-samples // each)
        self._lowest = np.full(stretches, np.iinfo(np.int16).max, np.int16)
        self._highest = np.full(stretches, np.iinfo(np.int16).min, np.int16)

    def add(self, path: Path, first: int, number: int) -> None:
        """So many samples of the file, from `first` on; a stretch may have begun before them."""
        import numpy as np

        block = _read(path, first, number)
        stretches = slice(first // self._each, (first + number - 1) // self._each + 1)
        starts = np.arange(stretches.start, stretches.stop) * self._each - first
        starts[0] = 0
        low, high = self._lowest[stretches], self._highest[stretches]
        np.minimum(low, np.minimum.reduceat(block, starts), out=low)
        np.maximum(high, np.maximum.reduceat(block, starts), out=high)

    def waveform(self) -> Waveform:
        """Rounded towards silence."""
        import numpy as np

        pairs = np.stack([self._lowest, self._highest], axis=1)
        data = np.trunc(pairs / STEP).astype(int).reshape(-1)
        return Waveform(samples_per_pair=self._each, data=tuple(data.tolist()))


def _read(path: Path, first: int, number: int) -> "Samples":
    import numpy as np

    try:
        block: Samples = np.fromfile(path, "<i2", count=number, offset=first * SAMPLE_BYTES)
    except OSError as error:
        raise refused(error, "the decoded sound cannot be read") from error
    if len(block) < number:
        raise StorageError("the decoded sound ends early")
    return block
