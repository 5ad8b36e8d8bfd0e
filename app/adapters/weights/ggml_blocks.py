"""ggml's blocks of 32 quantised values, as its own quantiser writes them, byte for byte."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

BLOCK = 32  # values
#: Thousands of this in a file's type tell how its blocks are laid out.
LAYOUT = 2


def q8_0(values: "np.ndarray") -> bytes:
    """Per block: float16 scale, 32 int8. `values`: float32, a whole number of blocks."""
    import numpy as np

    rows = values.reshape(-1, BLOCK)
    scale = np.abs(rows).max(1, keepdims=True) / np.float32(127)
    exact = rows * _inverse(scale)
    blocks = np.empty(len(rows), [("scale", "<f2"), ("values", "i1", BLOCK)])
    blocks["scale"] = scale[:, 0]
    blocks["values"] = np.trunc(exact + np.copysign(np.float32(0.5), exact))
    return blocks.tobytes()


def q5_1(values: "np.ndarray") -> bytes:
    """Per block: float16 step and least value, then for 32 values of 5 bits the fifth bits, and
    the other four, those of the value 16 further on in the higher half of a byte."""
    import numpy as np

    rows = values.reshape(-1, BLOCK)
    least = rows.min(1, keepdims=True)
    step = (rows.max(1, keepdims=True) - least) / np.float32(31)
    levels = ((rows - least) * _inverse(step) + np.float32(0.5)).astype("u1")
    low, high = np.split(levels & 15, 2, axis=1)
    form = [("step", "<f2"), ("least", "<f2"), ("fifth", "u1", BLOCK // 8), ("four", "u1", 16)]
    blocks = np.empty(len(rows), form)
    blocks["step"], blocks["least"] = step[:, 0], least[:, 0]
    blocks["fifth"] = np.packbits(levels >> 4, axis=1, bitorder="little")
    blocks["four"] = low | high << 4
    return blocks.tobytes()


def _inverse(steps: "np.ndarray") -> "np.ndarray":
    """0 for the step of a block whose values are all the same."""
    import numpy as np

    inverse = np.zeros_like(steps)
    np.divide(np.float32(1), steps, out=inverse, where=steps != 0)
    return inverse


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a file holds its matrices."""

    #: Of one tensor, in the file.
    tensor: int
    #: Of the file, in its head.
    file: int
    write: Callable[["np.ndarray"], bytes]


#: By what a model's name ends in: `tiny.en-q8_0`.
FORMS: Mapping[str, Form] = {
    "q5_1": Form(tensor=7, file=1000 * LAYOUT + 9, write=q5_1),
    "q8_0": Form(tensor=8, file=1000 * LAYOUT + 7, write=q8_0),
}


def readings(name: str) -> Sequence[tuple[str, Form | None]]:
    """What a model's name may mean: itself, or another model in a quantised form."""
    plain, _, form = name.rpartition("-")
    return [(name, None), *([(plain, FORMS[form])] if plain and form in FORMS else [])]
