"""What is installed elsewhere is whole: the page, and the licences of all that is in it."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from app.web.docs import FILES, PAGE, SWAGGER
from tests.equipment import wanted
from tests.media import ROOT


def test_the_media_of_the_tests_are_not_in_the_source_package(tmp_path: Path) -> None:
    """One of them is under a licence that the package does not name."""
    wanted("hatchling")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, timeout=200)
    [built] = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as package:
        names = {name.partition("/")[2] for name in package.getnames()}
    assert {"LICENSE", "pyproject.toml", "app/__init__.py"} <= names
    assert [name for name in names if name.startswith("tests/")] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Built with what is here, without the network."""
    wanted("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *offline, "-w", folder, ROOT],
        check=True,
        timeout=200,
    )
    [built] = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_the_page_of_the_document_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    wanted = {name(PAGE / "docs.html"), *(name(file) for file, _ in FILES.values())}
    assert wanted - set(wheel.namelist()) == set()


def test_the_guide_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    wanted = {name(file) for file in (ROOT / "app" / "docs").iterdir()}
    assert "app/docs/index.md" in wanted and "app/docs/architecture.svg" in wanted
    assert wanted - set(wheel.namelist()) == set()


def test_every_licence_is_in_the_wheel_and_named_by_it(wheel: zipfile.ZipFile) -> None:
    bundled = [SWAGGER / "swagger-ui-bundle.js.LICENSE.txt", SWAGGER / "LICENSE"]
    licences = {name(file) for file in (ROOT / "LICENSE", *bundled, SWAGGER / "NOTICE")}
    [told] = [each for each in wheel.namelist() if each.endswith(".dist-info/METADATA")]
    lines = wheel.read(told).decode().splitlines()
    assert "License-Expression: MIT AND Apache-2.0" in lines
    assert {f"License-File: {each}" for each in licences} <= set(lines)
    folder = told.replace("METADATA", "licenses/")
    assert {folder + each for each in licences} - set(wheel.namelist()) == set()


def test_nothing_but_the_service_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    others = [each for each in wheel.namelist() if not each.startswith(("app/", "spool_media-"))]
    assert others == []
