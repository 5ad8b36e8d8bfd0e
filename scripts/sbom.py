"""What Spool is made of, as a document of CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/).

The same locks and the same ffmpeg give the same document, byte for byte.
"""

import hashlib
import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from app import __version__
from scripts.locks import EXTRAS, LOCKS, Pin, locked

Component: TypeAlias = dict[str, Any]

VENDOR = Path(__file__).parents[1] / "app" / "web" / "page" / "vendor"
#: As the standard calls it: what a package of a lock is to those who run the service.
SCOPES = {
    "requirements": "required",
    **{f"requirements-{extra}": "optional" for extra in EXTRAS},
    "requirements-dev": "excluded",
}
ROOT = "spool-media"
#: `swagger-ui-dist 5.35.0, from npm, ...`
TOLD = re.compile(r"(?P<name>\S+) (?P<version>[^\s,]+), from npm")
#: `ffmpeg version 9.0.2-static https://...`, or `n9.0.2-17-gabc`: some commits behind that tag.
FFMPEG = re.compile(r"ffmpeg version (?:n(?=\d))?(?P<version>(?P<release>\d+(?:\.\d+)+)?\S*)")


def main() -> int:
    print(json.dumps(document([*packages(), *vendored(), ffmpeg()]), indent=2))
    return 0


def document(components: list[Component]) -> dict[str, Any]:
    root = {"type": "application", "bom-ref": ROOT, "name": ROOT, "version": __version__}
    made = {"metadata": {"component": root}, "components": components, "dependencies": asked()}
    name = hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, name)}",
        "version": 1,
        **made,
    }


def pins() -> Iterator[tuple[str, Pin]]:
    """(name of the lock, pin): of two locks that hold one package the first."""
    seen: set[str] = set()
    for lock in LOCKS:
        for name, pin in locked(lock).items():
            if name not in seen:
                seen.add(name)
                yield lock, pin


def packages() -> Iterator[Component]:
    for lock, pin in pins():
        yield {
            "type": "library",
            "bom-ref": _purl(pin),
            "name": pin.name,
            "version": str(pin.version),
            "scope": SCOPES[lock],
            "purl": _purl(pin),
        }


def _purl(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def asked() -> list[dict[str, Any]]:
    """Who asks for what, as the locks tell it."""
    refs = {pin.name: _purl(pin) for _, pin in pins()} | {ROOT: ROOT}
    wanted: dict[str, set[str]] = {ref: set() for ref in refs.values()}
    for lock in LOCKS:
        for name, pin in locked(lock).items():
            for who in _names(pin.asked):
                wanted[refs[who]].add(refs[name])
    return [{"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(wanted.items())]


def _names(asked: str) -> Iterator[str]:
    """`anyio, -c scripts/x.lock, spool-media (pyproject.toml:dev)` -> anyio, spool-media."""
    for who in asked.split(","):
        name = who.strip().partition(" ")[0]
        if not name.startswith("-"):
            yield name


def vendored() -> Iterator[Component]:
    """What others wrote of the page, with the files that were taken of it."""
    for told in sorted(VENDOR.glob("*/VERSION")):
        found = TOLD.match(told.read_text(encoding="utf-8"))
        assert found is not None, f"{told.parent.name} does not tell its version"
        purl = f"pkg:npm/{found['name']}@{found['version']}"
        files = (path for path in sorted(told.parent.iterdir()) if path.suffix in (".js", ".css"))
        yield {
            "type": "library",
            "bom-ref": purl,
            "name": found["name"],
            "version": found["version"],
            "scope": "required",
            "purl": purl,
            "components": list(_files(files)),
        }


def _files(paths: Iterable[Path]) -> Iterator[Component]:
    for path in paths:
        yield {"type": "file", "name": path.name, "hashes": [_sha256(path)]}


def _sha256(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        return {"alg": "SHA-256", "content": hashlib.file_digest(file, "sha256").hexdigest()}


def ffmpeg() -> Component:
    """The one that decodes here: no lock tells its version, for it comes inside of a wheel."""
    import imageio_ffmpeg

    try:
        program = Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:
        sys.exit("sbom: no ffmpeg found; install imageio-ffmpeg anew")
    run = subprocess.run([program, "-version"], capture_output=True, text=True, check=True)
    return decoder(run.stdout, program)


def decoder(told: str, program: Path) -> Component:
    """`told`: what it says when it is asked for its version."""
    found = FFMPEG.match(told)
    version = found["version"] if found else "unknown"
    made: Component = {
        "type": "application",
        "bom-ref": "ffmpeg",
        "name": "ffmpeg",
        "version": version,
        "scope": "required",
        "hashes": [_sha256(program)],
    }
    if found and found["release"]:  # one that was built from no release has no such name
        made["cpe"] = f"cpe:2.3:a:ffmpeg:ffmpeg:{found['release']}:*:*:*:*:*:*:*"
    return made


if __name__ == "__main__":
    raise SystemExit(main())
