"""URLs that clients name, through the whole service: ports, and the space that they take."""

import asyncio
from pathlib import Path

import pytest

from tests.api.spool import INGEST, MEDIA_HOST, Spool, opened, refused

pytestmark = pytest.mark.asyncio(loop_scope="module")

MORE_THAN_ANY_DISK = 1 << 59  # bytes


@pytest.mark.parametrize("port", [22, 25, 3306, 6379, 9200])
async def test_a_url_of_a_port_that_is_none_of_the_web_is_forbidden(
    spool: Spool, port: int
) -> None:
    url = f"http://93.184.216.34:{port}/x.mp4"
    told = await refused(spool, spool.http.post(INGEST, json={"url": url}), 403, "source.forbidden")
    assert str(port) in told and "allowed_ports" in told
    hook = {"url": "http://93.184.216.34/x.mp4", "webhook_url": url}
    await refused(spool, spool.http.post(INGEST, json=hook), 403, "source.forbidden")


async def test_ports_are_those_that_the_operator_lists(tmp_path: Path, model_folder: Path) -> None:
    ports = {"allowed_ports": (443,)}
    async with opened(tmp_path, model_folder, ingestion=ports) as spool:
        url = {"url": "http://93.184.216.34/x.mp4"}
        await refused(spool, spool.http.post(INGEST, json=url), 403, "source.forbidden")


async def test_a_source_larger_than_the_disk_fills_nothing_and_fails_its_job(
    tmp_path: Path, model_folder: Path
) -> None:
    async def boast(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % MORE_THAN_ANY_DISK)
        await writer.drain()
        await reader.read()  # until the other side has gone
        writer.close()

    server = await asyncio.start_server(boast, MEDIA_HOST, 0)
    url = f"http://{MEDIA_HOST}:{server.sockets[0].getsockname()[1]}/x.mp4"
    larger = {"max_file_size": 2 * MORE_THAN_ANY_DISK}
    async with server, opened(tmp_path, model_folder, ingestion=larger) as spool:
        answer = await spool.http.post(INGEST, json={"url": url})
        job = await spool.ended(answer.json()["job_id"])
        assert (job["status"], job["error"]["code"]) == ("Failed", "storage.full")
        assert job["dead_letter"]
        assert spool.files() == set()
