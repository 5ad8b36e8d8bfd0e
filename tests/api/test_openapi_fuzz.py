"""schemathesis asks the service all that its document allows, and what it does not allow."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn

from app.server.edge import protocol
from app.server.terms import Edge
from tests.api.spool import Spool

pytestmark = pytest.mark.asyncio(loop_scope="module")

EDGE = Edge(max_connections=100, max_header_bytes=65536, header_timeout=20.0, body_timeout=20.0)
#: Always the same cases. Where a check is widened, the reason stands beside it.
CONFIG = """
max-stream-events = 1
request-timeout = 30.0
continue-on-failure = true
suppress-health-check = ["all"]
warnings = false
workers = 2

[generation]
deterministic = true
no-shrink = true
max-examples = 5

[phases.examples]
enabled = false

[phases.stateful]
enabled = false

# Routes that tell of a job are asked about one that there is.
[[operations]]
include-operation-id = [{reading}]
parameters = {{ job_id = "{job_id}" }}

# It goes on until the client hangs up.
[[operations]]
include-operation-id = "debug_ingestion"
parameters = {{ count = 1, interval = 0.05 }}

# What no schema can say: a cursor must be one that was given out, an option stands in one place,
# a source must be there, a medium must be one, an engine must be known, a date must be ahead, a
# vector must have the length that its model gives it.
[[operations]]
include-operation-id = [{particular}]
checks = {{ positive_data_acceptance = {{ expected-statuses = [{refused}] }} }}

# tus has statuses of its own.
[[operations]]
include-tag = "uploads"
[operations.checks]
positive_data_acceptance = {{ expected-statuses = [{odd}] }}
negative_data_rejection = {{ expected-statuses = ["4xx"] }}
missing_required_header = {{ expected-statuses = ["4xx"] }}

# The same endpoint as POST.
[[operations]]
include-operation-id = "ingest_put"
phases = {{ coverage = {{ enabled = false }} }}

# No bytes of this type can be made up: the first phase sends none, the second cannot.
[[operations]]
include-operation-id = ["append_upload", "override_upload"]
phases = {{ fuzzing = {{ enabled = false }} }}
"""
READING = ("get_job", "get_result", "get_events", "process_status", "process_result")
PARTICULAR = (
    *("ingest", "ingest_put", "list_jobs", "list_dead_letters", "list_deliveries"),
    *("take_in_asset", "list_assets", "patch_asset", "sync_content"),
    *("search", "search_by_body", "bulk_add", "create_key", "set_default_engine"),
    *("process", "process_audio", "process_video", "video_submit"),
    *("create_transcription", "create_translation"),
)
REFUSED = ("2xx", "3xx", "400", "401", "403", "404", "409", "415", "422")
UPLOADS = (*REFUSED, "410", "412", "413", "460")


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


async def test_schemathesis_finds_nothing(
    spool: Spool, address: str, speech: bytes, tmp_path: Path
) -> None:
    job_id = (await spool.completed(await spool.take_in(speech)))["job_id"]
    config = tmp_path / "schemathesis.toml"
    config.write_text(
        CONFIG.format(
            job_id=job_id,
            reading=_listed(READING),
            particular=_listed(PARTICULAR),
            refused=_listed(REFUSED),
            odd=_listed(UPLOADS),
        )
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
        *("run", f"{address}/openapi.json"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)
