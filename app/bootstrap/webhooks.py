"""What tells the outer world that a job has ended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.adapters.egress import UrlPoster
from app.adapters.webhook_secret import keep_secret, kept_secret
from app.adapters.webhook_signer import StandardWebhookSigner
from app.bootstrap.records import Records
from app.config import AppSettings
from app.domain.webhooks import RetrySchedule
from app.ports import Meter
from app.services.webhook_courier import Courier
from app.services.webhook_sender import WebhookSender
from app.services.webhooks import WebhookService


@dataclass(frozen=True, kw_only=True)
class Webhooks:
    sender: WebhookSender
    service: WebhookService


@asynccontextmanager
async def open_webhooks(
    settings: AppSettings, records: Records, meter: Meter
) -> AsyncIterator[Webhooks]:
    """By the clock of the rows: one that is ahead of it would ask for what is due without a pause.

    Raises ConfigError on a secret that is none, StorageError when none can be kept.
    """
    ours, abroad = settings.webhooks, settings.ingestion
    signer = StandardWebhookSigner(ours.secret or await _agreed(settings, records))
    poster = UrlPoster(
        timeout=ours.timeout,
        allowed_networks=abroad.allowed_networks,
        allowed_ports=abroad.allowed_ports,
    )
    courier = Courier(
        store=records.deliveries,
        transcripts=records.transcripts,
        assets=records.assets,
        poster=poster,
        signer=signer,
        schedule=RetrySchedule(first_delay=ours.retry_delay, max_retries=ours.max_retries),
        clock=records.instances.clock,
        meter=meter,
    )
    sender = WebhookSender(store=records.deliveries, courier=courier, clock=records.instances.clock)
    service = WebhookService(records.deliveries, sender.nudge)
    try:
        yield Webhooks(sender=sender, service=service)
    finally:
        await poster.aclose()


async def _agreed(settings: AppSettings, records: Records) -> str:
    """The secret of all instances; each folder keeps it, too, to be read there."""
    folder = settings.storage.data_dir
    secret = kept_secret(folder)
    if not records.instances.shared:
        return secret
    agreed = str(await records.instances.notes.keep("webhook.secret", secret))
    if agreed != secret:
        keep_secret(folder, agreed)
    return agreed
