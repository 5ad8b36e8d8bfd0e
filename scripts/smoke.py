"""What scripts/smoke does once all is installed. Standard library only."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CLIP = ROOT / "tests" / "media" / "jfk.flac"
EXPECTED = "ask what you can do for your country"
QUESTION = "duty to the nation"
START_LIMIT = 60.0  # seconds until /health answers
JOB_LIMIT = 900.0  # seconds: the first run fetches model weights


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="spool-smoke-") as data:
        port = free_port()
        service = start(port, Path(data), sys.argv[1:])
        try:
            failed = walk(f"http://127.0.0.1:{port}", service)
        except (OSError, LookupError, ValueError) as error:
            failed = complain(f"{type(error).__name__}: {error}")
        finally:
            hung = stop(service)
        return failed or hung


def walk(url: str, service: subprocess.Popen[bytes]) -> int:
    await_health(url, service)
    job_id = ingest(url)
    print(f"smoke: job {job_id} taken in")
    job = await_end(url, job_id)
    if job["status"] != "Completed":
        return complain(f"the job ended as {job['status']}: {json.dumps(job, indent=2)}")
    transcript = fetch(f"{url}/api/v1/jobs/{job_id}/result?format=txt").decode().strip()
    print(f"smoke: transcript: {transcript}")
    if EXPECTED not in transcript.lower():
        return complain(f"the transcript lacks {EXPECTED!r}")
    hits = ask(f"{url}/api/v1/search?q={urllib.parse.quote(QUESTION)}")["hits"]
    if not hits:
        return complain(f"no hit for {QUESTION!r}")
    print(f"smoke: {QUESTION!r} found: {json.dumps(hits[0], indent=2)}")
    print("smoke: passed")
    return 0


def start(port: int, data: Path, arguments: list[str]) -> subprocess.Popen[bytes]:
    models = os.environ.get("SPOOL_TEST_MODELS") or str(ROOT / ".cache" / "models")
    environment = os.environ | {
        "APP__SERVER__PORT": str(port),
        "APP__STORAGE__DATA_DIR": str(data),
        "APP__STORAGE__MODELS_DIR": models,
    }
    return subprocess.Popen([ROOT / "scripts" / "serve", *arguments], env=environment)


def stop(service: subprocess.Popen[bytes]) -> int:
    service.terminate()
    try:
        print(f"smoke: the service stopped with exit code {service.wait(timeout=30)}")
        return 0
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()
        return complain("the service did not stop on SIGTERM within 30 s")


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def await_health(url: str, service: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if service.poll() is not None:
            raise OSError(f"the service ended with exit code {service.returncode}")
        try:
            print(f"smoke: /health: {fetch(f'{url}/health').decode()}")
            return
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.1)
    raise OSError(f"/health did not answer within {START_LIMIT:g} s")


def ingest(url: str) -> str:
    boundary = uuid.uuid4().hex
    part = f'Content-Disposition: form-data; name="file"; filename="{CLIP.name}"'
    head = f"--{boundary}\r\n{part}\r\n\r\n".encode()
    body = head + CLIP.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(f"{url}/api/v1/ingest", data=body, method="POST")
    request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
    return str(ask(request)["job_id"])


def await_end(url: str, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + JOB_LIMIT
    while time.monotonic() < deadline:
        job = ask(f"{url}/api/v1/jobs/{job_id}?wait=10")
        print(f"smoke: {job['status']} {job.get('progress', 0):.0%}")
        if job["status"] in ("Completed", "Failed", "Cancelled"):
            return job
    raise OSError(f"the job did not end within {JOB_LIMIT:g} s")


def ask(request: str | urllib.request.Request) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(fetch(request))
    return answer


def fetch(request: str | urllib.request.Request) -> bytes:
    try:
        with opener().open(request, timeout=60) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        print(f"smoke: {error.url} answered {error.code}: {error.read().decode()}")
        raise


def opener() -> urllib.request.OpenerDirector:
    """Never through a proxy: the service is on this machine."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def complain(message: str) -> int:
    print(f"smoke: FAILED: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main())
