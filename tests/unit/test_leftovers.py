"""What an earlier run left alive is ended at the start; nothing else is."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.adapters import leftovers
from app.adapters.leftovers import MARK, end_leftovers, mark_of, marked

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")

Orphan = Callable[..., int]
#: Held before a test takes it away.
SEND = signal.pidfd_send_signal
#: Starts a sleeper, says its id, and is gone: what is left has no parent that we know.
PARENT = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, start_new_session=True)
print(child.pid)
child.returncode = 0
"""


@pytest.fixture
def orphan() -> Iterator[Orphan]:
    """`orphan(data_dir)`: the id of a process that a service on this folder might have left."""
    with ExitStack() as closing:

        def start(data_dir: Path | None, *command: str) -> int:
            environment = {name: value for name, value in os.environ.items() if name != MARK}
            if data_dir is not None:
                environment[MARK] = mark_of(data_dir)
            line = [sys.executable, "-c", PARENT, *(command or ("sleep", "600"))]
            pid = int(subprocess.run(line, env=environment, stdout=-1, check=True).stdout)
            descriptor = os.pidfd_open(pid)
            closing.callback(os.close, descriptor)
            closing.callback(_kill, descriptor)
            _await_environment(pid)
            return pid

        yield start


def _await_environment(pid: int) -> None:
    """A parent hears that its child runs a moment before the child has its environment."""
    while alive(pid) and not Path(f"/proc/{pid}/environ").read_bytes():
        os.sched_yield()


def _kill(descriptor: int) -> None:
    if not select.select([descriptor], [], [], 0)[0]:
        SEND(descriptor, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Zombies are dead; who inherited them has yet to look."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def test_what_an_earlier_run_left_is_gone_when_it_returns(tmp_path: Path, orphan: Orphan) -> None:
    pids = [orphan(tmp_path), orphan(tmp_path)]
    assert sorted(end_leftovers(tmp_path)) == sorted(pids)
    assert not any(map(alive, pids))
    assert end_leftovers(tmp_path) == []


def refuse(pid: int) -> int:
    raise PermissionError("the sandbox does not know this call")


@pytest.mark.parametrize("lack", ["open", "send", "call"])
def test_without_descriptors_of_processes_leftovers_are_ended_by_their_ids(
    tmp_path: Path, orphan: Orphan, monkeypatch: pytest.MonkeyPatch, lack: str
) -> None:
    pids, other = [orphan(tmp_path), orphan(tmp_path)], orphan(tmp_path / "other")
    os.kill(pids[0], signal.SIGSTOP)
    if lack == "open":
        monkeypatch.delattr(os, "pidfd_open")
    elif lack == "send":
        monkeypatch.delattr(signal, "pidfd_send_signal")
    else:
        monkeypatch.setattr(os, "pidfd_open", refuse)
    assert sorted(end_leftovers(tmp_path)) == sorted(pids)
    assert not any(map(alive, pids))
    assert alive(other)


def test_an_id_that_has_passed_to_another_process_is_not_killed(
    tmp_path: Path, orphan: Orphan, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid, looks = orphan(tmp_path), list[int]()

    def passed_on(pid: int, mark: bytes) -> bool:
        looks.append(pid)
        return looks.count(pid) == 1 and bears(pid, mark)

    bears = leftovers._bears
    monkeypatch.delattr(os, "pidfd_open")
    monkeypatch.setattr(leftovers, "_bears", passed_on)
    assert end_leftovers(tmp_path) == []
    assert looks.count(pid) == 2 and alive(pid)


def test_a_leftover_that_is_stopped_or_deaf_is_ended_too(tmp_path: Path, orphan: Orphan) -> None:
    stopped = orphan(tmp_path)
    os.kill(stopped, signal.SIGSTOP)
    deaf = orphan(tmp_path, "sh", "-c", "trap '' TERM INT HUP; sleep 600")
    assert {stopped, deaf} <= set(end_leftovers(tmp_path))
    assert not alive(stopped)
    assert not alive(deaf)


def test_processes_of_others_are_left_alone(tmp_path: Path, orphan: Orphan) -> None:
    others = [
        orphan(None),  # a client that someone runs, say
        orphan(tmp_path / "other"),
        orphan(tmp_path.with_name(tmp_path.name + "2")),
        orphan(None, "sh", "-c", f"sleep 600; : {MARK}={mark_of(tmp_path)}"),
    ]
    assert end_leftovers(tmp_path) == []
    assert all(map(alive, others))


def test_our_own_children_and_theirs_are_left_alone(tmp_path: Path) -> None:
    with (
        marked(tmp_path),
        subprocess.Popen(
            ["sh", "-c", "sleep 600 & echo $!; wait"], stdout=subprocess.PIPE, text=True
        ) as child,
    ):
        assert child.stdout is not None
        grandchild = int(child.stdout.readline())
        assert end_leftovers(tmp_path) == []
        assert alive(child.pid)
        assert alive(grandchild)
        os.kill(grandchild, signal.SIGKILL)
        child.kill()


def test_we_ourselves_are_left_alone(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from app.adapters.leftovers import end_leftovers\n"
        "print(end_leftovers(Path(sys.argv[1])))"
    )
    with marked(tmp_path):
        line = [sys.executable, "-c", code, str(tmp_path)]
        assert subprocess.run(line, stdout=-1, check=True, text=True).stdout == "[]\n"


def test_one_folder_has_one_mark_however_it_is_spelled(
    tmp_path: Path, orphan: Orphan, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to("data")
    monkeypatch.chdir(tmp_path)
    with marked(Path("data")):
        assert os.environ[MARK] == mark_of(tmp_path / "link")
    pid = orphan(Path("data"))
    assert end_leftovers(tmp_path / "link") == [pid]


def test_the_mark_ends_with_its_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MARK, raising=False)
    with marked(tmp_path):
        assert os.environ[MARK] == mark_of(tmp_path)
        with marked(tmp_path / "inner"):
            assert os.environ[MARK] == mark_of(tmp_path / "inner")
        assert os.environ[MARK] == mark_of(tmp_path)
    assert MARK not in os.environ


def test_the_mark_does_not_tell_where_the_data_lie(tmp_path: Path) -> None:
    assert tmp_path.name not in mark_of(tmp_path)
    assert mark_of(tmp_path) != mark_of(tmp_path / "inner")
