"""What Spool is made of: no older than is safe, listed whole, and checked by its hashes."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from scripts import sbom
from scripts.locks import LOCKS, Pin, locked, read
from tests.architecture import imports

ROOT = Path(__file__).parents[1]

#: Of what reads strangers' bytes, or speaks to strangers: package -> the oldest version that is
#: taken, and what the ones before it could be made to do.
OLDEST = {
    "h11": ("0.16", "smuggling by chunks that it did not look at: CVE-2025-43859"),
    "starlette": ("1.3.1", "forms and ranges without end, hosts that change the path: "
                  "CVE-2025-62727, CVE-2026-48710, CVE-2026-54282, CVE-2026-54283"),
    "multipart": ("1.3.1", "a header that it reads for ever: CVE-2026-28356"),
    "python-multipart": ("0.0.27", "forms that go on for ever: CVE-2024-53981, CVE-2026-24486, "
                         "CVE-2026-40347, CVE-2026-42561"),
    "pillow": ("12.3", "memory errors and bombs in pictures: CVE-2026-40192, CVE-2026-55798, "
               "CVE-2026-59197, CVE-2026-59198, CVE-2026-59199, CVE-2026-59200"),
    "opencv-python-headless": ("4.8.1.78", "a WebP that writes over memory: CVE-2023-4863"),
    "onnx": ("1.21", "weights that name files elsewhere: CVE-2024-27318, CVE-2026-27489"),
    "torch": ("2.6", "weights that run code: CVE-2025-32434"),
    "pyyaml": ("5.4", "YAML that runs code: CVE-2020-14343"),
    "markdown-it-py": ("2.2", "Markdown that ends the reader: CVE-2023-26302, CVE-2023-26303"),
    "pyarrow": ("14.0.1", "a file that runs code: CVE-2023-47248"),
    "protobuf": ("6.31.1", "messages nested without end: CVE-2025-4565"),
    "urllib3": ("2.7", "packed bombs, and headers for somebody else: CVE-2025-66471, "
                "CVE-2026-21441, CVE-2026-44431, CVE-2026-44432"),
    "requests": ("2.33", "files of a known name in a shared folder: CVE-2026-25645"),
    "idna": ("3.7", "a host name that it reads for ever: CVE-2024-3651"),
    "certifi": ("2024.7.4", "roots that are trusted no more: CVE-2024-39689"),
    "cryptography": ("50.0", "CVE-2026-69247"),
    "mcp": ("1.23", "names that lead to this machine: CVE-2025-66416"),
    "python-dotenv": ("1.2.2", "CVE-2026-28684"),
    "mako": ("1.3.11", "CVE-2026-41205"),
    "jinja2": ("3.1.6", "templates that run code: CVE-2025-27516"),
    "pygments": ("2.20", "CVE-2026-4539"),
    "filelock": ("3.20.3", "links in place of locks: CVE-2025-68146, CVE-2026-22701"),
    "tqdm": ("4.66.3", "arguments that run code: CVE-2024-34062"),
    "setuptools": ("78.1.1", "a path out of its folder: CVE-2025-47273"),
    "aiohttp": ("3.14.3", "CVE-2026-59881, CVE-2026-69243, CVE-2026-69244"),
    "fonttools": ("4.60.2", "CVE-2025-66034"),
}  # fmt: skip


def _pins() -> dict[str, Pin]:
    return {package: pin for lock in LOCKS for package, pin in locked(lock).items()}


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _of_the_wheel() -> Iterator[Requirement]:
    """What pyproject.toml asks for by name, extras among it."""
    project = _project()["project"]
    for texts in (project["dependencies"], *project["optional-dependencies"].values()):
        yield from map(Requirement, texts)


def _asked() -> Iterator[Requirement]:
    """With what the tests need."""
    yield from _of_the_wheel()
    yield from map(Requirement, _project()["dependency-groups"]["dev"])


ASKED: dict[str, Requirement] = {
    canonicalize_name(requirement.name): requirement for requirement in _asked()
}


# Minimum versions


@pytest.mark.parametrize("package", OLDEST)
def test_no_version_is_locked_that_is_older_than_is_safe(package: str) -> None:
    oldest, why = OLDEST[package]
    assert _pins()[package].version >= Version(oldest), why


@pytest.mark.parametrize("package", sorted(OLDEST.keys() & ASKED.keys()))
def test_whoever_installs_without_the_locks_gets_none_that_is_older(package: str) -> None:
    """A bound of pyproject.toml, for pip resolves by these alone elsewhere."""
    oldest, why = OLDEST[package]
    floors = [
        Version(clause.version)
        for clause in ASKED[package].specifier
        if clause.operator in (">=", "==")
    ]
    assert floors and max(floors) >= Version(oldest), why


# What the wheel asks for

#: Come with another that is asked for by name: with lancedb, pydantic, keybert.
BROUGHT = {"pyarrow", "pydantic_core", "sklearn"}


def test_whatever_is_imported_is_asked_for_by_the_wheel() -> None:
    """Where the wheel is tried, all is installed that the tests need, too."""
    asked = {canonicalize_name(requirement.name) for requirement in _of_the_wheel()}
    tops = {each.module.partition(".")[0] for each in imports(ROOT / "app")}
    whose = packages_distributions()
    strange = {
        top
        for top in tops - sys.stdlib_module_names - {"app"}
        if asked.isdisjoint(map(canonicalize_name, whose.get(top, [top])))
    }
    assert strange == BROUGHT


# Hashes


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_of_all_that_it_holds_but_torch(lock: str) -> None:
    pins = locked(lock)
    bare = {package for package, pin in pins.items() if not pin.hashes}
    assert bare == {"torch"} & set(pins)


def test_a_lock_is_read_with_hashes_and_without() -> None:
    bare = 'a==1.0 ; python_version < "3.12"  # via b, spool-media (pyproject.toml)\n'
    hashed = (
        'a==1.0 ; python_version < "3.12" \\\n'
        "    --hash=sha256:00 \\\n"
        "    --hash=sha256:11\n"
        "    # via b, spool-media (pyproject.toml)\n"
    )
    one, other = read(bare)["a"], read("# Made by hand.\n" + hashed)["a"]
    assert str(one.requirement) == str(other.requirement) == 'a==1.0; python_version < "3.12"'
    assert one.asked == other.asked == "b, spool-media (pyproject.toml)"
    assert (one.hashes, other.hashes) == ((), ("sha256:00", "sha256:11"))


def test_each_package_of_a_lock_is_read_by_itself() -> None:
    text = "a==1 \\\n    --hash=sha256:00\n    # via b\nb==2  # via c\n"
    assert {name: str(pin.version) for name, pin in read(text).items()} == {"a": "1", "b": "2"}
    assert read("# nothing yet\n") == {}


#: Writes what uv would, where `-o` says.
UV = """#!/bin/sh
while [ "$1" != -o ]; do
    [ "$1" != --generate-hashes ] || hashes=yes
    shift
done
[ "${hashes:-no}" = yes ] && cat >"$2" <<'LOCK'
h11==0.16.0 \\
    --hash=sha256:00 \\
    --hash=sha256:11
    # via spool-media (pyproject.toml)
nvidia-cublas==13.1.0 ; sys_platform == 'linux' \\
    --hash=sha256:22
    # via torch
torch==2.13.0 \\
    --hash=sha256:33 \\
    --hash=sha256:44
    # via keybert
triton==3.7.0 ; sys_platform == 'linux' \\
    --hash=sha256:55
    # via torch
uvicorn==0.54.0 \\
    --hash=sha256:66
    # via spool-media (pyproject.toml)
LOCK
"""


def test_a_lock_is_made_with_hashes_but_for_torch_and_without_cuda(tmp_path: Path) -> None:
    uv = tmp_path / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "lock", tmp_path / "scripts")
    environment = {**os.environ, "UV": str(uv)}
    subprocess.run([tmp_path / "scripts" / "lock"], check=True, timeout=60, env=environment)
    for lock in LOCKS:
        made = read((tmp_path / "scripts" / f"{lock}.lock").read_text(encoding="utf-8"))
        assert {name: len(pin.hashes) for name, pin in made.items()} == {
            "h11": 2,
            "torch": 0,
            "uvicorn": 1,
        }
        assert made["torch"].asked == "keybert"


# The list of all that it is made of


@pytest.fixture(scope="module")
def listed() -> dict[str, Any]:
    return sbom.document([*sbom.packages(), *sbom.vendored(), sbom.ffmpeg()])


def test_the_list_is_what_the_standard_calls_one(listed: dict[str, Any]) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(listed)) is None


def test_the_list_has_every_package_of_every_lock_once(listed: dict[str, Any]) -> None:
    told = [
        (each["name"], each["version"])
        for each in listed["components"]
        if each.get("purl", "").startswith("pkg:pypi/")
    ]
    assert sorted(told) == sorted((name, str(pin.version)) for name, pin in _pins().items())


def test_the_list_tells_what_runs_from_what_only_tests() -> None:
    scopes = {each["name"]: each["scope"] for each in sbom.packages()}
    assert (scopes["starlette"], scopes["torch"], scopes["pytest"]) == (
        "required",
        "optional",
        "excluded",
    )


def test_the_list_has_whatever_others_wrote_of_the_page(listed: dict[str, Any]) -> None:
    files = {file["name"] for each in listed["components"] for file in each.get("components", ())}
    kinds = (".js", ".css")
    assert files == {path.name for path in sbom.VENDOR.rglob("*") if path.suffix in kinds}
    folders = [path for path in sbom.VENDOR.iterdir() if path.is_dir()]
    assert len(list(sbom.vendored())) == len(folders)


def test_the_list_has_the_ffmpeg_that_decodes_here(listed: dict[str, Any]) -> None:
    [ffmpeg] = [each for each in listed["components"] if each["name"] == "ffmpeg"]
    assert ffmpeg["version"][0].isdigit() and len(ffmpeg["hashes"][0]["content"]) == 64


@pytest.mark.parametrize(
    ("told", "version", "cpe"),
    [
        ("ffmpeg version 9.0.2-static https://x/ Copyright (c)", "9.0.2-static", "ffmpeg:9.0.2:"),
        ("ffmpeg version 7.1 Copyright (c)", "7.1", "ffmpeg:7.1:"),
        ("ffmpeg version n9.0.2-17-gabc Copyright (c)", "9.0.2-17-gabc", "ffmpeg:9.0.2:"),
        ("ffmpeg version N-119-gabc Copyright (c)", "N-119-gabc", None),
        ("nothing of the kind", "unknown", None),
    ],
)
def test_an_ffmpeg_is_named_as_those_who_warn_of_it_do(
    tmp_path: Path, told: str, version: str, cpe: str | None
) -> None:
    program = tmp_path / "ffmpeg"
    program.touch()
    made = sbom.decoder(told, program)
    assert made["version"] == version
    assert cpe in made["cpe"] if cpe else "cpe" not in made


def test_the_list_says_who_asked_for_what(listed: dict[str, Any]) -> None:
    edges = {each["ref"]: each["dependsOn"] for each in listed["dependencies"]}
    names = {ref.removeprefix("pkg:pypi/").partition("@")[0]: on for ref, on in edges.items()}
    assert any(ref.startswith("pkg:pypi/h11@") for ref in names["uvicorn"])
    assert any(ref.startswith("pkg:pypi/uvicorn@") for ref in names[sbom.ROOT])
    known = {sbom.ROOT, *(each["bom-ref"] for each in listed["components"])}
    assert {ref for on in edges.values() for ref in on} <= known


def test_the_same_parts_are_listed_alike(listed: dict[str, Any]) -> None:
    again = sbom.document([*sbom.packages(), *sbom.vendored(), sbom.ffmpeg()])
    assert json.dumps(again) == json.dumps(listed)
    assert sbom.document([])["serialNumber"] != listed["serialNumber"]


def test_the_list_names_no_place_of_this_machine(listed: dict[str, Any]) -> None:
    assert str(ROOT) not in json.dumps(listed)
