"""A task on its way to another machine, with all that it needs.

What means something on this machine alone is replaced: of a window its sound goes along, and
weights are named, for the worker has its own.
"""

import io
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from app.domain.errors import EngineError
from app.domain.media import SAMPLE_BYTES, AudioWindow
from app.domain.models import ModelKind

T = TypeVar("T")
#: What stands in the place of an object: a kind, and what it is made of again.
WINDOW, WEIGHTS = "window", "weights"


@dataclass(frozen=True, kw_only=True)
class Weights:
    name: str
    kind: ModelKind


def packed(task: "partial[Any]", weights: Mapping[str, Weights]) -> bytes:
    """`weights`: by the text that stands for them in the task's arguments.

    Blocking: it reads the sound. Raises EngineError.
    """
    buffer = io.BytesIO()
    _Packer(buffer, weights).dump((task.func, task.args, task.keywords))
    return buffer.getvalue()


def unpacked(parcel: bytes, located: Callable[[Weights], Path]) -> "partial[Any]":
    """`located`: where weights are here; it may block."""
    function, arguments, named = _Unpacker(io.BytesIO(parcel), located).load()
    return partial(function, *arguments, **named)


class _Packer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, weights: Mapping[str, Weights]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._weights = weights

    def persistent_id(self, thing: Any) -> Any:
        if isinstance(thing, AudioWindow):
            return WINDOW, (thing.number, thing.first_sample, thing.samples, _sound(thing))
        if type(thing) is str and (named := self._weights.get(thing)):
            # in one text, for what stands here is looked at in the same way
            return WEIGHTS, (f"{named.kind.value}:{named.name}",)
        return None


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, located: Callable[[Weights], Path]) -> None:
        super().__init__(file)
        self._located = located

    def persistent_load(self, stand_in: Any) -> Any:
        kind, parts = stand_in
        return self._weights(*parts) if kind == WEIGHTS else _window(*parts)

    def _weights(self, named: str) -> str:
        kind, _, name = named.partition(":")
        return str(self._located(Weights(name=name, kind=ModelKind(kind))))


def _window(number: int, first_sample: int, samples: int, pcm: bytes) -> AudioWindow:
    return AudioWindow(
        number=number, path=Path(), first_sample=first_sample, samples=samples, pcm=pcm
    )


def _sound(window: AudioWindow) -> bytes:
    length = window.samples * SAMPLE_BYTES
    try:
        with window.path.open("rb") as file:
            file.seek(window.first_sample * SAMPLE_BYTES)
            pcm = file.read(length)
    except OSError as error:
        raise EngineError(f"the sound cannot be read: {error}") from error
    if len(pcm) < length:
        raise EngineError("the sound is shorter than its windows")
    return pcm


def sealed(outcome: Callable[[], T]) -> bytes:
    """What it returns or raises, so that it travels whole: the cluster has words of its own for
    what was raised."""
    try:
        return pickle.dumps((outcome(), None), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps((None, error), pickle.HIGHEST_PROTOCOL)


def opened(letter: bytes) -> Any:
    """Returns or raises what was sealed."""
    result, error = pickle.loads(letter)
    if error is not None:
        raise error
    return result
