"""schemathesis asks the service all that its document allows, and what it does not allow.

`SPOOL_TEST_FUZZ=200` makes it ask longer: so many examples of each operation.
"""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn

from app.adapters.ffmpeg import FfmpegExtractor
from app.server.edge import protocol
from app.server.proxies import known_proxies
from app.server.terms import Edge
from tests.api.spool import Spool

pytestmark = pytest.mark.asyncio(loop_scope="module")

EDGE = Edge(
    max_connections=100,
    max_header_bytes=65536,
    header_timeout=20.0,
    body_timeout=20.0,
    proxies=known_proxies(),
)
#: What schemathesis lacks: bytes of this type are bytes like others.
HOOKS = """
import schemathesis
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
"""
#: Always the same cases, in every phase. Where a check is widened, the reason stands beside it.
CONFIG = """
hooks = "fuzz_hooks.py"
max-stream-events = 1
request-timeout = 30.0
continue-on-failure = true
suppress-health-check = ["all"]
warnings = false
workers = 2

[generation]
deterministic = true
no-shrink = true
max-examples = {examples}

# Routes that tell of a job are asked about one that there is.
[[operations]]
include-operation-id = [{reading}]
parameters = {{ job_id = "{job_id}" }}

# It goes on until the client hangs up.
[[operations]]
include-operation-id = "debug_ingestion"
parameters = {{ count = 1, interval = 0.05 }}
{widened}
# tus has statuses of its own. Beside them: a checksum or metadata that are none are 400, an upload
# of no bytes or with options that are wrong 422.
[[operations]]
include-tag = "uploads"
[operations.checks]
positive_data_acceptance = {{ expected-statuses = [{uploads}] }}
negative_data_rejection = {{ expected-statuses = ["4xx"] }}
missing_required_header = {{ expected-statuses = ["4xx"] }}

# The same endpoint as POST.
[[operations]]
include-operation-id = "ingest_put"
phases = {{ coverage = {{ enabled = false }} }}
"""
WIDENED = """
# {why}.
[[operations]]
include-operation-id = [{names}]
checks = {{ positive_data_acceptance = {{ expected-statuses = ["2xx", {refused}] }} }}
"""
EXAMPLES = 7  # of each operation in each phase that makes them up
READING = ("get_job", "get_result", "get_events", "process_status", "process_result")
LISTS = (
    *("list_jobs", "list_dead_letters", "list_deliveries", "list_assets"),
    "list_shares",
    *("search", "search_by_body"),
)
#: What no schema can say, by what else is answered then. Nothing else is allowed anywhere.
STATES = (
    ("A cursor must be one that was given out", LISTS, ("422",)),
    ("A date must be ahead", ("create_key",), ("422",)),
    ("An engine must have the model", ("set_default_engine",), ("422",)),
    (
        "A source must be there, and in a root; a body not be empty; an option stand in one place",
        ("ingest", "ingest_put"),
        ("403", "404", "422"),
    ),
    (
        "A source must be there, and in a root; an asset that is looked at again be known",
        ("take_in_asset",),
        ("403", "404", "409", "422"),
    ),
    (
        "An asset must be there, and known, with the segments that are corrected",
        ("patch_asset",),
        ("404", "409", "422"),
    ),
    ("A page must be readable", ("sync_content",), ("422",)),
    ("An asset must be there, and have a transcript", ("create_share",), ("404", "409")),
    ("A vector must have the length that its model gives it", ("bulk_add",), ("422",)),
    (
        "A file must hold a medium, and an option stand in one place",
        ("process", "process_audio", "process_video"),
        ("422",),
    ),
    ("A file must be an MP4", ("video_submit",), ("415",)),
    ("A stretch must begin within the bytes", ("get_media",), ("3xx", "404", "416")),
    ("A message must be as the revision has it that is named", ("mcp",), ("400", "404")),
    (
        "A file must hold a medium, and a model be known",
        ("create_transcription", "create_translation"),
        ("400", "404"),
    ),
)
UPLOADS = ("2xx", "400", "404", "409", "410", "412", "413", "415", "422", "460")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def address(open_spool: Spool) -> AsyncIterator[str]:
    """Of the service behind a real socket."""
    config = uvicorn.Config(
        open_spool.asgi,
        lifespan="off",
        ws="none",
        http=protocol(EDGE),
        log_config=None,
        access_log=False,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving


@pytest.fixture
def without_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would look at a thousand files of nothing, and what it finds is not asked here."""
    monkeypatch.setattr(FfmpegExtractor, "accepts", lambda *_: False)


@pytest.mark.timeout(600)  # a minute where nothing else runs
@pytest.mark.usefixtures("without_ffmpeg")
async def test_schemathesis_finds_nothing(
    spool: Spool, address: str, speech: bytes, tmp_path: Path
) -> None:
    job_id = (await spool.completed(await spool.take_in(speech)))["job_id"]
    (tmp_path / "fuzz_hooks.py").write_text(HOOKS)
    (tmp_path / "schemathesis.toml").write_text(_config(job_id))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"),
        *("run", f"{address}/openapi.json"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


def _config(job_id: str) -> str:
    widened = [
        WIDENED.format(why=why, names=_listed(names), refused=_listed(refused))
        for why, names, refused in STATES
    ]
    return CONFIG.format(
        job_id=job_id,
        examples=os.environ.get("SPOOL_TEST_FUZZ") or EXAMPLES,
        reading=_listed(READING),
        widened="".join(widened),
        uploads=_listed(UPLOADS),
    )


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
