"""Makers of webhooks for the tests."""

from datetime import datetime

from app.domain.errors import SpoolError
from app.domain.jobs import JobOptions
from app.domain.transcript import LanguageDetection, Segment, Transcript
from app.domain.webhooks import Delivery, DeliveryTry
from tests.contracts.conftest import Stores
from tests.contracts.jobs import claimed_job

URL = "https://hooks.example/spool?token=secret"
SAID = Transcript(
    segments=(Segment(start=0.0, end=2.0, text=" Grüße, 東京"), Segment(start=2, end=3, text="ja")),
    language_detection=LanguageDetection(language="de", confidence=0.75),
    duration=3.0,
    provider="whisper_cpp",
    model="base",
)


async def owed(stores: Stores, url: str = URL, *, error: SpoolError | None = None) -> Delivery:
    """The webhook of a job that has just ended, well unless there is an `error`."""
    job = await claimed_job(stores.jobs, options=JobOptions(webhook_url=url))
    if error is None:
        await stores.transcripts.save(job, SAID)
        assert await stores.jobs.succeed(job, output_path=None)
    else:
        assert await stores.jobs.fail(job, error)
    [delivery] = (await stores.deliveries.list(job_id=job.job_id)).deliveries
    return delivery


async def as_stored(stores: Stores, delivery: Delivery) -> Delivery:
    found = await stores.deliveries.get(delivery.delivery_id)
    assert found is not None
    return found


def tried(
    delivery: Delivery, at: datetime, *, status: int | None = 200, error: str | None = None
) -> DeliveryTry:
    number = delivery.attempts + 1
    return DeliveryTry(number=number, at=at, seconds=0.25, status=status, error=error)
