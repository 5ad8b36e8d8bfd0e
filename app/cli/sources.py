"""What `spool ingest` is to send: files, URLs, globs and folders, each medium once."""

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import InvalidRequest
from app.services.folder_walk import media_in

URL = ("http://", "https://")
#: Standard input; a file of that name is written `./-`.
INPUT = "-"


@dataclass(frozen=True, kw_only=True)
class Source:
    #: A URL, `-`, or the path of a file as it was named or found.
    named: str

    @property
    def is_url(self) -> bool:
        return self.named.startswith(URL)

    @property
    def is_input(self) -> bool:
        return self.named == INPUT

    @property
    def flows(self) -> bool:
        """What is read of it is gone: it cannot be sent twice."""
        return self.is_input or not (self.is_url or os.path.isfile(self.named))

    @property
    def short(self) -> str:
        """For people, where there is little room."""
        return self.named.rstrip("/").rpartition("/")[2] or self.named


def found(words: Iterable[str]) -> list[Source]:
    """In the order of the words; what one of them finds, by name. A file that is not there is
    found, too: to send it fails, and keeps no other.

    Raises InvalidRequest for a glob or a folder that holds nothing.
    """
    once: dict[str, Source] = {}
    for word in words:
        for name in _meant(word):
            key = name if name == INPUT or name.startswith(URL) else os.path.realpath(name)
            once.setdefault(key, Source(named=name))
    return list(once.values())


def _meant(word: str) -> Iterator[str]:
    path = os.path.expanduser(word)
    if word == INPUT or word.startswith(URL):
        yield word
    elif os.path.isfile(path):
        yield path
    elif os.path.isdir(path):
        yield from _inside(path)
    elif glob.has_magic(word):
        yield from _matching(path)
    else:
        yield path


def _inside(folder: str) -> Iterator[str]:
    """All media of a folder and of those in it: told by their names, hidden ones left out."""
    media = [path for path, _ in media_in(Path(folder))]
    if not media:
        raise InvalidRequest(f"{folder}: no media in this folder")
    yield from media


def _matching(pattern: str) -> Iterator[str]:
    """Files, of whatever name; a hidden one only where the pattern names it."""
    files = [path for path in sorted(glob.glob(pattern, recursive=True)) if os.path.isfile(path)]
    if not files:
        raise InvalidRequest(f"{pattern}: no such files")
    yield from files
