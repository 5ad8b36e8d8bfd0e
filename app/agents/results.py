"""What a job found, as tools want it."""

from anyio.to_thread import run_sync

from app.client import AsyncSpool, Result
from app.client.exchange import Reply
from app.client.reading import read


async def result_of(spool: AsyncSpool, job_id: str) -> Result:
    """As `AsyncSpool.result`, but for the words with times of their own.

    Read in a thread: where `spool` is the service around us, others want answers meanwhile, and of
    ten hours it takes a while.
    """
    text = await spool.result_as(job_id, "json")
    return await run_sync(_read, Reply(url=spool.address, status=200, text=text))


def _read(reply: Reply) -> Result:
    """Words are most of a long result, and no tool tells them."""
    document = reply.document()
    for segment in document.get("segments") or ():
        if isinstance(segment, dict):
            segment.pop("words", None)
    return read(Result, document)
