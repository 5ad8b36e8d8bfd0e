"""Hundreds of names that were made to lead elsewhere, at every door that takes one."""

import json
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from tests.api.spool import INGEST, Spool, error
from tests.paths import CANARY, escapes, nobody_opens

pytestmark = pytest.mark.asyncio(loop_scope="module")
NUMBER = 500
JSON = {"Content-Type": "application/json"}
#: Doors that look something up by a name in their address.
DOORS = (
    *("/page/{}", "/docs/{}", "/watch/{}", "/api/v1/media/{}", "/api/v1/thumbnails/{}"),
    *("/api/v1/waveforms/{}", "/api/v1/jobs/{}/result", "/api/v1/uploads/{}", "/v1/models/{}"),
)


@pytest.fixture
def secret(spool: Spool) -> Path:
    """Beside the one folder that clients may name files in, and beside the data folder."""
    path = spool.root.parent / "secret.wav"
    path.write_text(CANARY)
    if not (spool.root / "link").exists():
        (spool.root / "link").symlink_to(spool.root.parent)
        (spool.root / "deep").mkdir()
    return path


async def asked_for(spool: Spool, **wish: object) -> httpx2.Response:
    """In ASCII: JSON can spell what UTF-8 cannot."""
    return await spool.http.post(INGEST, content=json.dumps(wish), headers=JSON)


async def test_as_a_path_to_take_in(spool: Spool, secret: Path) -> None:
    before = await spool.count()
    with nobody_opens(secret):
        for path in escapes(spool.root, secret, NUMBER):
            answer = await asked_for(spool, path=path)
            assert answer.status_code in (403, 404, 422), (path, answer.text)
            told = error(answer, answer.status_code)["message"]
            assert str(spool.root.parent) not in told or str(spool.root.parent) in path
    assert await spool.count() == before


async def test_as_a_path_whose_bytes_are_looked_for(spool: Spool, secret: Path) -> None:
    """With `dedupe` a file is read before its job is there."""
    with nobody_opens(secret):
        for path in escapes(spool.root, secret, NUMBER, seed=1):
            answer = await asked_for(spool, path=path, dedupe=True)
            assert answer.status_code in (403, 404, 422), (path, answer.text)


@pytest.mark.parametrize("door", DOORS)
async def test_in_an_address(spool: Spool, secret: Path, door: str) -> None:
    with nobody_opens(secret):
        for safe in ("", "/%"):
            for name in escapes(spool.root, secret, NUMBER // 10, seed=2):
                encoded = quote(name.encode(errors="surrogatepass"), safe=safe)
                answer = await spool.http.get(door.format(encoded.lstrip("/") or "-"))
                assert answer.status_code < 500, (name, answer.text)
                assert CANARY not in answer.text and "root:x:0" not in answer.text, name


async def test_as_the_name_of_an_upload(spool: Spool, secret: Path) -> None:
    outside = set(spool.root.parent.iterdir())
    with nobody_opens(secret):
        for name in escapes(spool.root, secret, NUMBER // 5, seed=3):
            encoded = quote(name.encode(errors="surrogatepass"), safe="")
            answer = await spool.http.post(f"{INGEST}?filename={encoded}", content=b"")
            assert answer.status_code in (413, 414, 422), (name, answer.text)
    assert set(spool.root.parent.iterdir()) == outside
    assert spool.files() == set()
