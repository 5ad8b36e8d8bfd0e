"""Which of many frames are worth keeping, by small pictures of them.

Slides differ in a few cells, a speaker before a wall moves in many. So what keeps moving does not
count as long as enough stands still; and a still picture that shows something new is kept at once.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Cells of a small picture, and colours of each.
WIDTH, HEIGHT, COLOURS = 64, 36, 3
GRID_BYTES = WIDTH * HEIGHT * COLOURS
#: Seconds after which what has changed is shown once more.
FLOOR = 10.0
#: Seconds after which that also goes for what moves before something that stands still.
SLOW = 30.0
#: Of 255, in any colour: less is noise.
CHANGED = 24
#: Cells that may differ between two frames that are alike: a pointer moves.
POINTER = 4
#: Cells that must differ before a still picture is one of its own.
NEWS = 10
#: Part of the cells that must stand still to be judged by.
STILL = 0.3
#: Of 255, on average: moving pictures that differ by less are alike.
ALIKE = 14.0
#: Frames before and after one that tell what moves in it.
NEAR = 3
#: Kept frames that a new one is compared with.
REMEMBERED = 64

Grid = Any  # (HEIGHT, WIDTH, COLOURS), of int16
Cells = Any  # (HEIGHT, WIDTH), of bool


@dataclass(frozen=True, kw_only=True)
class Look:
    """One frame among its neighbours."""

    at: float
    grid: Grid
    #: Cells that changed twice running, a little before or after.
    moving: Cells
    #: Whether it stands as it is until the next one.
    rests: bool


def chosen(grids: Path, times: Sequence[float], cuts: Sequence[bool]) -> list[int]:
    """Numbers of the frames to keep, in order. One of `times` and of `cuts` by frame.

    Blocks. `grids` holds `GRID_BYTES` a frame, and is read as it goes.
    """
    import numpy as np

    if not times:
        return []
    pictures = np.memmap(grids, np.uint8, "r", shape=(len(times), HEIGHT, WIDTH, COLOURS))
    changes = _Changes(pictures)
    kept: deque[Look] = deque(maxlen=REMEMBERED)
    numbers: list[int] = []
    for number, at in enumerate(times):
        look = changes.look(number, at)
        if not kept or (_is_due(look, cuts[number], kept[-1]) and not _is_known(look, kept)):
            kept.append(look)
            numbers.append(number)
    return numbers


class _Changes:
    """Cells that differ from one frame to the next; of a few frames at a time."""

    def __init__(self, pictures: Any) -> None:
        self._pictures = pictures
        self._known: dict[int, Cells] = {}

    def look(self, number: int, at: float) -> Look:
        moving = self._moving(number)
        for old in [each for each in self._known if each < number - NEAR]:
            del self._known[old]
        last = number == len(self._pictures) - 1
        rests = not last and int(self._until(number).sum()) <= POINTER
        return Look(at=at, grid=self._grid(number), moving=moving, rests=rests)

    def _moving(self, number: int) -> Cells:
        moving = self._until(number - NEAR) & False
        for near in range(number - NEAR, number + NEAR + 1):
            moving |= self._until(near - 1) & self._until(near)
        return moving

    def _until(self, number: int) -> Cells:
        """Cells that change from this frame to the next; none beyond the ends."""
        if number not in self._known:
            inside = 0 <= number < len(self._pictures) - 1
            here = self._grid(number if inside else 0)
            there = self._grid(number + 1) if inside else here
            self._known[number] = _differ(here, there)
        return self._known[number]

    def _grid(self, number: int) -> Grid:
        return self._pictures[number].astype("int16")


def _is_due(look: Look, cut: bool, last: Look) -> bool:
    news = look.rests and int(_differ(look.grid, last.grid).sum()) >= NEWS
    return cut or news or look.at - last.at >= FLOOR


def _is_known(look: Look, kept: Sequence[Look]) -> bool:
    slow = look.at - kept[-1].at < SLOW
    return any(_are_alike(look, each, but_for_what_moves=slow) for each in kept)


def _are_alike(look: Look, other: Look, *, but_for_what_moves: bool) -> bool:
    still = ~(look.moving | other.moving)
    if not but_for_what_moves:
        return int(_differ(look.grid, other.grid).sum()) <= POINTER
    if still.mean() >= STILL:
        return int((_differ(look.grid, other.grid) & still).sum()) <= POINTER
    return float(abs(look.grid - other.grid).mean()) < ALIKE


def _differ(one: Grid, other: Grid) -> Cells:
    return (abs(one - other) > CHANGED).any(axis=-1)
