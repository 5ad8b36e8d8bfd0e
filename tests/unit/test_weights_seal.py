"""Seals: known weights are believed while untouched, and hashed again when touched."""

import os
from pathlib import Path

import pytest

from app.adapters.weights.landing import workplace, write_durably
from app.adapters.weights.seal import keep, read_seal, seal_path, verify
from app.domain.errors import ModelCorrupt
from app.domain.models import ModelKind

KIND = ModelKind.WHISPER_GGML


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Sealed, and of a form that no inspection would let pass: only the seal vouches for it."""
    target = tmp_path / "ggml-x.bin"
    with workplace(target) as work:
        (work / "product").write_bytes(b"weights")
        keep(work / "product", target, "test")
    return target


def rewrite(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000))


def test_kept_weights_leave_only_themselves_and_their_seal(model: Path) -> None:
    assert {path.name for path in model.parent.iterdir()} == {"ggml-x.bin", "ggml-x.bin.sha256"}
    verify(model, KIND)


def test_touched_but_equal_weights_are_sealed_anew(model: Path) -> None:
    before = read_seal(model)
    rewrite(model, b"weights")
    verify(model, KIND)
    after = read_seal(model)
    assert before and after
    assert before.files[""].mtime_ns != after.files[""].mtime_ns == model.stat().st_mtime_ns
    assert before.files[""].sha256 == after.files[""].sha256


def test_changed_weights_of_the_same_size_are_corrupt(model: Path) -> None:
    rewrite(model, b"weighty")
    with pytest.raises(ModelCorrupt, match="sha256"):
        verify(model, KIND)


def test_shorter_weights_are_corrupt_even_with_the_old_time(model: Path) -> None:
    time = model.stat().st_mtime_ns
    model.write_bytes(b"weight")
    os.utime(model, ns=(time, time))
    with pytest.raises(ModelCorrupt, match="6 bytes"):
        verify(model, KIND)


def test_unreadable_seal_counts_as_none(model: Path) -> None:
    seal_path(model).write_text('{"source": "test"}')
    with pytest.raises(ModelCorrupt, match="no ggml file"):
        verify(model, KIND)


def test_sealed_folder_misses_a_file_that_is_gone(tmp_path: Path) -> None:
    target = tmp_path / "m"
    with workplace(target) as work:
        (work / "product" / "1_Pooling").mkdir(parents=True)
        (work / "product" / "config.json").write_text("{}")
        (work / "product" / "1_Pooling" / "config.json").write_text("{}")
        keep(work / "product", target, "test")
    verify(target, ModelKind.SENTENCE)
    (target / "1_Pooling" / "config.json").unlink()
    with pytest.raises(ModelCorrupt, match="gone"):
        verify(target, ModelKind.SENTENCE)


def test_folder_replaces_a_full_folder(tmp_path: Path) -> None:
    target = tmp_path / "m"
    target.mkdir()
    (target / "old").write_text("old")
    with workplace(target) as work:
        (work / "product").mkdir()
        (work / "product" / "new").write_text("new")
        keep(work / "product", target, "test")
    assert [path.name for path in target.iterdir()] == ["new"]
    assert {path.name for path in tmp_path.iterdir()} == {"m", "m.sha256"}


def test_workplace_clears_what_a_killed_process_left(tmp_path: Path) -> None:
    left = tmp_path / ".x.bin.abc.part"
    left.mkdir()
    (left / "half").write_bytes(b"half")
    other = tmp_path / ".y.bin.abc.part"
    other.mkdir()
    with workplace(tmp_path / "x.bin"):
        assert not left.exists()
    assert [path.name for path in tmp_path.iterdir()] == [other.name]


def test_failed_write_leaves_the_old_file_and_no_part(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    target.mkdir()
    with pytest.raises(OSError):
        write_durably(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
