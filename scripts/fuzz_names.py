"""Names that lead elsewhere: paths out of a folder, and addresses inside in every spelling."""

import json
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import httpx2

from scripts.fuzz_drive import Kind, is_planned
from scripts.fuzz_report import Failure, Tally
from scripts.fuzz_yard import Yard
from tests.contracts.spellings import hosts
from tests.media import silence
from tests.paths import CANARY, escapes

INGEST = "/api/v1/ingest"
QUIET = "quiet.wav"
JSON = {"Content-Type": "application/json"}
#: Statuses with which a path or an address is refused.
REFUSED = frozenset({403, 404, 422})
#: Doors that look something up by a name in their address.
DOORS = (
    *("/page/{}", "/docs/{}", "/watch/{}", "/api/v1/media/{}", "/api/v1/assets/{}/thumbnail"),
    *("/api/v1/waveforms/{}", "/api/v1/jobs/{}/result", "/api/v1/uploads/{}", "/v1/models/{}"),
    *("/shared/{}", "/video/results/{}", "/api/v1/assets/{}", "/status/{}"),
)
#: What stands in a file that every machine has.
PASSWORDS = "root:x:0"


def attempt_paths(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    names = escapes(yard.inside, yard.secret, max(numbers) + 1, yard.seed)
    for number in numbers:
        for way, answer in _asked_for(yard, names[number], number):
            tally.tried["requests"] += 1
            if why := _told(way, answer):
                sent = names[number].encode(errors="surrogatepass")
                yield Failure(where=str(number), why=f"{way}: {why}", sent=sent)


def _asked_for(yard: Yard, name: str, number: int) -> Iterator[tuple[str, httpx2.Response]]:
    """As a file to take in, as bytes to look for, as the name of an upload, in an address."""
    http = yard.spool.http
    for wish in ({"path": name}, {"path": name, "dedupe": True}):
        yield "path", http.post(INGEST, content=json.dumps(wish), headers=JSON)
    encoded = quote(name.encode(errors="surrogatepass"), safe="")
    yield "filename", http.post(f"{INGEST}?filename={encoded}", content=b"")
    door = DOORS[number % len(DOORS)]
    if number // len(DOORS) % 2:
        encoded = quote(name.encode(errors="surrogatepass"), safe="/%")
    yield door, http.get(door.format(encoded.lstrip("/") or "-"))


def _told(way: str, answer: httpx2.Response) -> str:
    """What is wrong with the answer, if anything."""
    if not is_planned(answer.status_code):
        return f"{answer.status_code} {answer.text[:200]}"
    if way == "path" and answer.status_code not in REFUSED:
        return f"taken: {answer.status_code} {answer.text[:200]}"
    if CANARY in answer.text or PASSWORDS in answer.text:
        return "it tells what stands in a file outside"
    return ""


def lay_out(yard: Yard) -> None:
    """A medium that may be taken in, so that all depends on its webhook."""
    silence(yard.inside / QUIET, 0.5)


def attempt_spellings(yard: Yard, numbers: Sequence[int], tally: Tally) -> Iterator[Failure]:
    """As a medium and as a webhook, on a port at which somebody listens."""
    spellings = list(hosts())
    for number in numbers:
        url = f"http://{spellings[number][0]}:{yard.trap.port}/secret.wav"
        for wish in ({"url": url}, {"path": QUIET, "webhook_url": url}):
            answer = yard.spool.http.post(INGEST, content=json.dumps(wish), headers=JSON)
            tally.tried[f"answered {answer.status_code}"] += 1
            if answer.status_code == 202:  # a name that nobody knows now: the job would find out
                _take_back(yard, answer.json()["job_id"])
            elif answer.status_code not in REFUSED:
                why = f"{answer.status_code} {answer.text[:200]}"
                yield Failure(where=str(number), why=why, sent=url.encode())


def _take_back(yard: Yard, job_id: str) -> None:
    """After it has had the time to try."""
    yard.spool.job(job_id, wait=1.0)
    yard.spool.http.post(f"/api/v1/jobs/{job_id}/cancel")


PATHS = Kind(
    name="paths",
    about="strings that lead out of a folder",
    usual=10_000,
    attempt=attempt_paths,
)
SPELLINGS = Kind(
    name="spellings",
    about="addresses inside, in all spellings that are known",
    usual=10_000,
    at_once=20,
    attempt=attempt_spellings,
    prepare=lay_out,
    most=lambda: len(list(hosts())),
)
