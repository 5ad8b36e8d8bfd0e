"""What is said of a worker that died."""

import signal
from pathlib import Path

import pytest

from app.adapters.process_pool import epitaph
from app.adapters.process_pool.epitaph import cause, crash, oom_kills
from app.domain.errors import EngineCrashed, EngineOutOfMemory


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-11, "signal 11, SIGSEGV"),
        (-40, "signal 40"),
        (3, "exit status 3"),
        (0, "exit status 0"),
        (None, "no exit status"),
    ],
)
def test_the_cause_is_told_in_words(status: int | None, words: str) -> None:
    assert cause(status) == words


def test_a_kill_while_the_kernel_killed_for_memory_is_out_of_memory() -> None:
    error = crash(-signal.SIGKILL, "", oom_killed=True)
    assert isinstance(error, EngineOutOfMemory)
    assert error.exit_status == -9


@pytest.mark.parametrize("status", [-signal.SIGSEGV, 1])
def test_another_end_at_that_time_is_a_crash(status: int) -> None:
    assert type(crash(status, None, oom_killed=True)) is EngineCrashed


def test_a_kill_without_that_is_a_crash() -> None:
    assert type(crash(-signal.SIGKILL, None, oom_killed=False)) is EngineCrashed


@pytest.mark.parametrize(
    "words",
    [
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "ggml_aligned_malloc: insufficient memory (attempted to allocate 512 MB)",
        "OpenBLAS: Cannot allocate memory",
        "BFCArena: Failed to allocate memory for requested buffer",
    ],
)
def test_words_of_native_code_tell_a_lack_of_memory(words: str) -> None:
    error = crash(-signal.SIGABRT, f"loading\n{words}\nFatal Python error", oom_killed=False)
    assert isinstance(error, EngineOutOfMemory)
    assert words in str(error.last_lines)


def test_a_system_that_does_not_count_is_taken_at_its_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "vmstat"
    monkeypatch.setattr(epitaph, "VMSTAT", file)
    assert oom_kills() == 0
    file.write_text("pgfault 7\n")
    assert oom_kills() == 0
    file.write_text("pgfault 7\noom_kill 12\noom_other 3\n")
    assert oom_kills() == 12
