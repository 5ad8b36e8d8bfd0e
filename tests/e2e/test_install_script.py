"""`scripts/install`, where it must not do its work."""

import shutil
import subprocess
from pathlib import Path

from tests.media import ROOT


def test_a_venv_that_is_a_link_is_refused_and_what_it_leads_to_is_kept(tmp_path: Path) -> None:
    """It was emptied: `venv --clear` goes through links."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "install", tmp_path / "scripts")
    (tmp_path / "others").mkdir()
    kept = tmp_path / "others" / "kept"
    kept.touch()
    (tmp_path / ".venv").symlink_to("others")
    script = tmp_path / "scripts" / "install"
    ended = subprocess.run([script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ".venv is a link to others" in ended.stderr
    assert kept.exists()
