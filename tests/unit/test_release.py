"""A release is made only of what is in order; nothing is released here."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import __version__
from scripts.release_run import HASHES, hashed, main, problems, section, steps
from tests.media import ROOT

FILES = {
    "app/__init__.py": '"""Spool."""\n\n__version__ = "1.2.3"\n',
    "app/docs/changes.md": "# Changes\n\n## Next\n\n## 1.2.3\n\nMuch.\n\n## 1.2.2\n\nLess.\n",
    "scripts/deploy/compose.yaml": "services:\n  spool:\n    image: spool:1.2.3\n",
}


def git(root: Path, *arguments: str) -> str:
    """As somebody, whatever is set where the tests run."""
    names = {"GIT_AUTHOR_NAME": "a", "GIT_COMMITTER_NAME": "a"}
    mails = {"GIT_AUTHOR_EMAIL": "a@a.example", "GIT_COMMITTER_EMAIL": "a@a.example"}
    command = ["git", "-C", str(root), *arguments]
    environment = os.environ | names | mails
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment
    ).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository that is ready to be released as 1.2.3."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "all")
    return tmp_path


def changed(root: Path, name: str, text: str) -> None:
    (root / name).write_text(text)
    git(root, "commit", "--quiet", "--all", "--message", "changed")


def test_what_is_in_order_has_no_problems(root: Path) -> None:
    assert list(problems(root, "1.2.3")) == []


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.3", "1.2.3rc1", "1.2.3; rm", "--help"])
def test_what_is_no_version_is_refused(root: Path, version: str) -> None:
    [found] = problems(root, version)
    assert "no version" in found


def test_another_version_than_the_one_written_down_is_refused(root: Path) -> None:
    assert [found.split()[0] for found in problems(root, "1.2.2")] == [
        "__version__",
        "scripts/deploy/compose.yaml",
    ]


def test_a_version_of_whose_changes_nothing_is_told_is_refused(root: Path) -> None:
    changed(root, "app/docs/changes.md", "# Changes\n\n## 1.2.3\n\n## 1.2.2\n\nLess.\n")
    [found] = problems(root, "1.2.3")
    assert "changes.md" in found


def test_changes_that_no_version_has_are_not_forgotten(root: Path) -> None:
    changed(root, "app/docs/changes.md", "# Changes\n\n## Next\n\nMore.\n\n## 1.2.3\n\nMuch.\n")
    [found] = problems(root, "1.2.3")
    assert "under Next" in found


def test_what_is_not_committed_is_not_released(root: Path) -> None:
    (root / "new.py").write_text("")
    assert list(problems(root, "1.2.3")) == ["what is here is not committed"]


def test_a_version_is_released_once(root: Path) -> None:
    git(root, "tag", "v1.2.3")
    [found] = problems(root, "1.2.3")
    assert "already" in found


def test_a_dry_run_prints_all_steps_and_does_none(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["1.2.3", "--dry-run"], root) == 0
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(list(steps("1.2.3")))
    assert printed[:2] == ["+ scripts/check", "+ scripts/test"]
    assert printed[-1] == "+ git tag --annotate v1.2.3 --message 'Spool 1.2.3'"
    assert git(root, "tag") == "" and not (root / "dist").exists()


def test_a_dry_run_tells_all_that_is_not_in_order(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "new.py").write_text("")
    assert main(["2.0.0", "--dry-run"], root) == 1
    told = capsys.readouterr()
    assert told.out == "" and len(told.err.splitlines()) == 4


def test_a_step_that_fails_ends_it_before_the_tag(root: Path) -> None:
    """There is no scripts/check in this repository."""
    with pytest.raises(FileNotFoundError):
        main(["1.2.3"], root)
    assert git(root, "tag") == ""


def test_hashes_are_those_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "b.whl").write_bytes(b"b")
    (tmp_path / "a.tar.gz").write_bytes(b"a")
    hashed(str(tmp_path))
    hashed(str(tmp_path))
    assert (tmp_path / HASHES).read_text() == "".join(
        f"{hashlib.sha256(name[:1].encode()).hexdigest()}  {name}\n"
        for name in ("a.tar.gz", "b.whl")
    )


def test_the_changes_of_this_version_are_told() -> None:
    text = (ROOT / "app" / "docs" / "changes.md").read_text(encoding="utf-8")
    assert section(text, __version__)


def test_the_script_looks_before_it_does_anything() -> None:
    """As it is called, on this repository: 0.0.0 is never in order."""
    command = [sys.executable, "-m", "scripts.release_run", "0.0.0", "--dry-run"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stdout) == (1, "")
    assert "__version__" in found.stderr
