"""The examples of README and guide: found, run as they stand, and held against what they show."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.media import OWN, ROOT, make_video, run_ffmpeg
from tests.pictures import scene

BLOCK = re.compile(
    r"(?:<!--(?P<note>(?:(?!-->).)*)-->\s*)?^```(?P<kind>console|sh|bash|python)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
#: A command in a row of a table.
CELL = re.compile(r"^\|(?P<note>.*)\| `(?P<text>curl .*)` \|$", re.MULTILINE)
#: `<!-- not run: why -->` right above a block, or in the row.
NOT_RUN = re.compile(r"\s*not run:\s*(?P<why>\S.*?)\s*", re.DOTALL)
NOTE = re.compile(r"<!--(.*?)-->", re.DOTALL)
UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
FILE = re.compile(r"(?<=[@\s\"])[\w./-]+\.(?:mp4|mov|wav|mp3|flac|m4a|webm|ogg|jpg)\b")
HERE = re.compile(r"\b(?:localhost|127\.0\.0\.1):8000\b")
#: Stands for the id that was printed last.
KEY_ID = "KEY_ID"
#: What was made last is `$ID` in the examples after it.
LOCATION = re.compile(r"^location: \S*/([\w-]+)\s*$", re.IGNORECASE | re.MULTILINE)
DONE = "--- done with"
CURL = """#!/bin/sh
# an answer of 400 or more fails the command
case " $* " in *" -f "* | *" --fail"*) exec {curl} "$@" ;; esac
exec {curl} --fail-with-body "$@"
"""
SPOOL = """#!/bin/sh
PYTHONPATH={root} exec {python} -m app "$@"
"""
PYTHON = """#!/bin/sh
PYTHONPATH={root} exec {python} "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Step:
    command: str
    #: What the README shows after it; empty where it shows nothing.
    shown: str = ""


@dataclass(frozen=True, kw_only=True)
class Example:
    #: The file that it stands in, without its suffix.
    page: str
    #: The headline above it.
    section: str
    line: int
    steps: tuple[Step, ...]
    #: Why it is not run; None for one that is.
    excuse: str | None = None

    def __str__(self) -> str:
        return f"{self.page}: {self.section} (line {self.line})"


def examples(readme: str, page: str = "README") -> Iterator[Example]:
    """Every fenced block and every command in a table that asks the service something."""
    for match in BLOCK.finditer(readme):
        steps = tuple(READERS[match["kind"]](match["text"]))
        if any(map(_asks, steps)):
            yield _example(readme, page, match, steps, match["note"] or "")
    for match in CELL.finditer(readme):
        note = NOTE.search(match["note"])
        step = Step(command=match["text"])
        yield _example(readme, page, match, (step,), note[1] if note else "")


def _asks(step: Step) -> bool:
    said = re.sub(r"\s#.*", "", step.command)
    return bool(HERE.search(said)) or said.startswith("spool ")


def _example(
    readme: str, page: str, match: re.Match[str], steps: tuple[Step, ...], note: str
) -> Example:
    before = readme[: match.start("text")]
    headlines = re.findall(r"^##+ (.+)$", before, re.MULTILINE)
    excuse = NOT_RUN.fullmatch(note)
    return Example(
        page=page,
        section=headlines[-1] if headlines else "",
        line=before.count("\n") + 1,
        steps=steps,
        excuse=excuse["why"] if excuse else None,
    )


def _console(text: str) -> Iterator[Step]:
    """Commands begin with `$ `, go on while a line ends in a backslash; the rest is output."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command = re.match(r"(?:[^\n]*\\\n)*[^\n]*\n", part)
        assert command is not None, part
        yield Step(command=command[0].strip(), shown=part[command.end() :].strip())


def _script(text: str) -> Iterator[Step]:
    """One after the other, nothing shown."""
    for command in re.findall(r"(?:[^\n]*\\\n)*[^\n]+\n", text):
        if not command.lstrip().startswith("#"):
            yield Step(command=command.strip())


def _python(text: str) -> Iterator[Step]:
    """One program."""
    yield Step(command=f"python3 - <<'PROGRAM'\n{text}PROGRAM")


READERS = {"console": _console, "sh": _script, "bash": _script, "python": _python}


class Shell:
    """bash in a folder with the files that examples name, against one service."""

    def __init__(self, folder: Path, port: int, environment: dict[str, str], known: str) -> None:
        self.folder, self._port = folder, port
        #: An id that the README shows -> the one that it stands for; any other is that of a job
        #: that has completed.
        self._ids: dict[str, str] = {}
        self._known, self._last = known, known
        tools = self._tools()
        address = {"SPOOL_SERVER": f"http://127.0.0.1:{port}"}
        self._bash = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=environment | address | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._tell("set -u -o pipefail")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bash.kill()
        self._bash.communicate()

    def run(self, step: Step) -> tuple[int, str]:
        """Exit status, and all that was printed."""
        command = HERE.sub(f"127.0.0.1:{self._port}", step.command)
        command = UUID.sub(lambda shown: self._ids.get(shown[0], self._known), command)
        command = command.replace(KEY_ID, self._last)
        for name in FILE.findall(command):
            if not Path(name).is_absolute():
                self._make(self.folder / name)
        self._tell(f"{command}\nprintf '\\n{DONE} %s\\n' $?")
        status, output = self._told()
        self._learn(step.shown, output)
        return status, output

    def _tell(self, words: str) -> None:
        assert self._bash.stdin is not None
        self._bash.stdin.write(words + "\n")
        self._bash.stdin.flush()

    def _told(self) -> tuple[int, str]:
        assert self._bash.stdout is not None
        lines: list[str] = []
        for line in self._bash.stdout:
            if line.startswith(DONE):
                return int(line.removeprefix(DONE)), "".join(lines).strip()
            lines.append(line)
        raise AssertionError(f"the shell ended: {''.join(lines)}")

    def _learn(self, shown: str, output: str) -> None:
        there, here = (list(dict.fromkeys(UUID.findall(text))) for text in (shown, output))
        self._ids |= dict(zip(there, here, strict=False))
        self._last = here[-1] if here else self._last
        if made := LOCATION.findall(output):
            self._tell(f"ID={made[-1]}")

    def _make(self, file: Path) -> None:
        if file.exists():
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        speech = OWN / "jfk.flac"
        if file.suffix in (".mp4", ".mov", ".webm"):
            make_video(file, speech)
        elif file.suffix == ".jpg":
            scene(file, "skyblue", "orange")
        elif file.suffix == speech.suffix:
            shutil.copy(speech, file)
        else:
            run_ffmpeg(["-i", speech, file])

    def _tools(self) -> Path:
        """`curl`, which must not be answered with an error, `spool`, and the tests' own Python."""
        tools = self.folder / ".tools"
        tools.mkdir(parents=True)
        curl = shutil.which("curl")
        for name, text in {"curl": CURL, "spool": SPOOL, "python3": PYTHON}.items():
            tool = tools / name
            tool.write_text(text.format(curl=curl, root=ROOT, python=sys.executable))
            tool.chmod(0o755)
        return tools


def refused(shown: str) -> bool:
    """Does the README show an error here?"""
    return bool(re.search(r'^\{"error"|^HTTP/\S+ [45]\d\d', shown, re.MULTILINE))


def unlike(shown: str, output: str) -> list[str]:
    """What the README shows and the service does not say, in words. Values may differ."""
    there, here = _document(shown), _document(output)
    if there is not None and here is not None:
        return list(_differences(there, here, "answer"))
    found = [f"no {what}" for what in _marks(shown) if what not in _marks(output)]
    return found or (["nothing was said"] if shown and not output else [])


def _document(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _differences(shown: Any, said: Any, place: str) -> Iterator[str]:
    if isinstance(shown, dict) and isinstance(said, dict):
        for name in sorted(shown.keys() ^ said.keys()):
            yield f"{place}.{name} is only {'shown' if name in shown else 'said'}"
        for name in shown.keys() & said.keys():
            yield from _differences(shown[name], said[name], f"{place}.{name}")
    elif isinstance(shown, list) and isinstance(said, list):
        if shown and said:
            yield from _differences(shown[0], said[0], f"{place}[0]")
        elif shown:
            yield f"{place} is empty"
    elif shown is not None and said is not None and _kind(shown) is not _kind(said):
        yield f"{place} is no {_kind(shown).__name__}: {said!r:.100}"


def _kind(value: Any) -> type:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float if number else type(value)


def _marks(text: str) -> set[str]:
    """Of text that is no JSON: its keys, statuses, headers, events and times."""
    kinds = {
        "key": r'"(\w+)":',
        "status": r"^HTTP/\S+ (\d+)",
        "header": r"^([A-Za-z]+(?:-[A-Za-z]+)+): ",
        "event": r"^event: (\w+)",
        "arrow": r"^\S+ (-->) \S+$",
    }
    return {
        f"{kind} {mark.lower()}"
        for kind, pattern in kinds.items()
        for mark in re.findall(pattern, text, re.MULTILINE)
    }
