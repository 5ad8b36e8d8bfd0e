"""The house stands as planned; and the checks that say so can fail."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import architecture

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"
#: What the process that answers HTTP imports at its start, and the command line at each call.
AT_START = ("app.client", "app.cli.main", "app.server", "app.web.app", "app.bootstrap.house")


def test_imports_point_down_only() -> None:
    assert architecture.broken_floors(APP) == []


def test_adapters_never_import_one_another() -> None:
    assert architecture.crossed_adapters(APP) == []


def test_each_library_has_its_one_place() -> None:
    assert architecture.strange_libraries(APP) == []


def test_heavy_libraries_are_imported_inside_functions() -> None:
    assert architecture.heavy_at_once(APP) == []


@pytest.mark.parametrize("module", AT_START)
def test_nothing_heavy_is_loaded_at_start(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert architecture.HEAVY & set(done.stdout.split()) == set()


def test_the_client_needs_nothing_of_the_service() -> None:
    """Whoever imports it gets neither the service's rooms nor what they are built on."""
    code = "import sys, app.client; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    rooms = {name.split(".")[1] for name in loaded if name.startswith("app.")}
    assert rooms == {"client", "domain"}
    owned = {name for name, places in architecture.OWNERS.items() if places != ("",)}
    assert loaded & owned <= {"httpx2", "stamina"}


def test_functions_and_files_stay_under_the_wall() -> None:
    assert architecture.long_code(ROOT) == []


def test_no_file_is_named_after_nothing() -> None:
    assert architecture.vague_names(ROOT) == []


def test_packages_hold_no_logic_in_init() -> None:
    assert architecture.busy_packages(APP) == []


def test_the_top_level_holds_what_is_planned() -> None:
    assert architecture.strangers_at_top(ROOT) == []


#: What others wrote, unchanged.
VENDOR = "vendor"


def test_no_file_names_a_place_of_this_machine_or_puts_work_off() -> None:
    words = [rf"(?<![\w.]){re.escape(str(place))}/" for place in _private_places()]
    words += ["TO" + "DO", "FIX" + "ME", "shared" + "/design"]
    pattern = re.compile("|".join(words))
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in _own_files()
        if VENDOR not in path.parts
        for number, line in enumerate(_lines(path), start=1)
        if pattern.search(line)
    ]
    assert found == []


def _private_places() -> list[Path]:
    """The repository and the folder that it lies in, unless that is one that all machines have."""
    everywhere = {Path("/"), Path("/tmp"), Path("/home"), Path("/root"), Path("/usr/src")}
    everywhere |= {Path(tempfile.gettempdir()), Path("/srv"), Path("/opt"), Path("/var/tmp")}
    return [place for place in (ROOT, ROOT.parent) if place not in everywhere]


def _own_files() -> Iterator[Path]:
    """All that is or could be committed; by what lies here where there is no git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    if shutil.which("git") and (ROOT / ".git").exists():
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        yield from (ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file())
        return
    for name in sorted(architecture.TOP_LEVEL):
        for path in [ROOT / name, *(ROOT / name).rglob("*")]:
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


# The checks themselves, on made-up houses.

Build = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """`build({"web/app.py": "import json"})`: an app/ with these files."""

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "app" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "app"

    return write


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("domain/jobs.py", "from app.ports import JobStore"),
        ("ports.py", "from app.adapters.sql import jobs"),
        ("pipeline/run.py", "import app.services.jobs"),
        ("pipeline/run.py", "from app import services"),
        ("services/jobs.py", "def late():\n    from app.adapters.sql import jobs"),
        ("services/jobs.py", "from ..web import app"),
        ("services/jobs.py", "import importlib\nimportlib.import_module('app.config')"),
        ("adapters/sql/jobs.py", "from app.config import load_settings"),
        ("web/app.py", "from app.adapters.sql.jobs import SqlJobStore"),
        ("web/app.py", "from app.pipeline.runner import Pipeline"),
        ("config.py", "from app.bootstrap import house"),
        ("attic/box.py", ""),
    ],
)
def test_an_import_that_points_up_is_found(build: Build, path: str, text: str) -> None:
    assert len(architecture.broken_floors(build({path: text}))) == 1


def test_imports_that_point_down_are_fine(build: Build) -> None:
    files = {
        "__init__.py": "",
        "domain/jobs.py": "from app.domain.errors import SpoolError",
        "services/jobs.py": "from app.ports import JobStore\nfrom . import worker",
        "web/app.py": "from app.services.jobs import JobService",
        "cli/main.py": "from app.bootstrap import house",
        "bootstrap.py": "from app.adapters.sql.jobs import SqlJobStore",
    }
    assert architecture.broken_floors(build(files)) == []


def test_an_adapter_that_imports_another_is_found(build: Build) -> None:
    files = {
        "adapters/sql/jobs.py": "from app.adapters.sql.tables import JobRow",
        "adapters/lance_index.py": "from app.adapters.lance_rows import schema",
        "adapters/webhook.py": "from app.adapters.sql.jobs import SqlJobStore",
    }
    found = architecture.crossed_adapters(build(files))
    assert [line.split(":")[0] for line in found] == ["app/adapters/webhook.py"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("domain/jobs.py", "import pydantic"),
        ("ports.py", "from loguru import logger"),
        ("services/jobs.py", "import sqlalchemy"),
        ("adapters/lance_index.py", "def late():\n    from sqlalchemy.orm import Session"),
        ("services/jobs.py", "from starlette.requests import Request"),
        ("web/app.py", "import leftpad"),
    ],
)
def test_a_library_outside_its_place_is_found(build: Build, path: str, text: str) -> None:
    assert len(architecture.strange_libraries(build({path: text}))) == 1


def test_a_library_in_its_place_is_fine(build: Build) -> None:
    files = {"adapters/sql/jobs.py": "import json, sqlalchemy", "web/app.py": "import starlette"}
    assert architecture.strange_libraries(build(files)) == []


def test_a_heavy_import_is_found_where_it_runs_at_once(build: Build) -> None:
    files = {
        "adapters/lance_index.py": "try:\n    import lancedb\nexcept ImportError:\n    pass",
        "adapters/silero.py": "def late():\n    import onnxruntime",
        "adapters/text.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch",
    }
    found = architecture.heavy_at_once(build(files))
    assert [line.split(":")[0] for line in found] == ["app/adapters/lance_index.py"]


def test_a_long_function_and_a_long_file_are_found(build: Build) -> None:
    line = "    pass\n"
    at_the_wall = "def fine():\n" + line * (architecture.LONGEST_FUNCTION - 1)
    files = {
        "fine.py": at_the_wall + "\n" * (architecture.LONGEST_FILE - 40),
        "function.py": at_the_wall + line,
        "file.py": "\n" * (architecture.LONGEST_FILE + 1),
    }
    found = architecture.long_code(build(files).parent)
    assert [text.split()[0] for text in found] == ["app/file.py", "app/function.py:"]


def test_a_vague_name_is_found(build: Build) -> None:
    files = {"web/http_utils.py": "", "common/jobs.py": "", "web/database.py": ""}
    found = architecture.vague_names(build(files).parent)
    assert [text.split()[0] for text in found] == ["app/common", "app/web/http_utils.py"]


def test_logic_in_init_is_found(build: Build) -> None:
    files = {
        "__init__.py": '"""Words."""\n\n__version__ = "1"\n',
        "web/__init__.py": "from app.web.app import routes\n\n__all__ = ['routes']\n",
        "domain/__init__.py": "import os\n\nFOLDER = os.getcwd()\n",
        "services/__init__.py": "def start():\n    pass\n",
    }
    found = architecture.busy_packages(build(files))
    assert [text.split(":")[0] for text in found] == [
        "app/domain/__init__.py",
        "app/services/__init__.py",
    ]


def test_a_stranger_at_the_top_level_is_found(build: Build) -> None:
    root = build({"__init__.py": ""}).parent
    (root / ".gitignore").write_text("data/\n*.egg-info/\n", encoding="utf-8")
    for name in ("data", "spool.egg-info", "docs", ".ci"):
        (root / name).mkdir()
    assert architecture.strangers_at_top(root) == ["docs does not belong at the top level"]
