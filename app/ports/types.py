"""Small words that many ports use."""

from collections.abc import Callable, Sequence

#: Called with the done part of a step, 0..1. Cheap, never blocks, never raises.
Progress = Callable[[float], None]
Vector = Sequence[float]
