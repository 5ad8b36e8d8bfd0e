"""How long jobs are kept, and how much, by the settings."""

from collections.abc import Sequence

from app.adapters.sql.database import Database
from app.adapters.sql.jobs import SqlJobStore
from app.bootstrap.records import database_url
from app.bootstrap.schema import schema_of
from app.config import AppSettings
from app.domain.clock import utc_now
from app.domain.errors import ConfigError
from app.domain.jobs import Job
from app.domain.quotas import Quota
from app.domain.retention import Ending, Expiry, Kind, KindRule, RetentionRules
from app.ports import JobStore, Meter
from app.services.jobs import JobService
from app.services.keys import KeyService
from app.services.quotas import Quotas
from app.services.retention import Retention, due


def retention(settings: AppSettings, store: JobStore, jobs: JobService, meter: Meter) -> Retention:
    return Retention(store, jobs, retention_rules(settings), meter=meter)


async def due_at_rest(settings: AppSettings, limit: int) -> list[tuple[Expiry, Sequence[Job]]]:
    """As `Retention.due`, while no service has the data folder, which the caller holds.

    Raises ConfigError where the database is not of today's schema: a look changes nothing.
    """
    found, newest = schema_of(settings)
    if found != newest:
        wrong = f"the database is of schema {found or 'none'}, and not of {newest}"
        raise ConfigError(wrong, hint="`spool migrate` brings it there")
    async with Database(database_url(settings)) as database:
        store, rules = SqlJobStore(database), retention_rules(settings)
        return await due(store, rules, utc_now(), limit)


def quotas(settings: AppSettings, store: JobStore, keys: KeyService, meter: Meter) -> Quotas:
    told = settings.retention
    usual = Quota(jobs=told.quota_jobs, bytes=told.quota_bytes)
    return Quotas(store.used, usual, meter, keys.quota_of)


def retention_rules(settings: AppSettings) -> RetentionRules:
    """What is not told is as `job_cleanup_days` says; dead letters need a word of their own."""
    told, usual = settings.retention, settings.ingestion.job_cleanup_days
    days = {
        Ending.COMPLETED: told.completed_days,
        Ending.FAILED: told.failed_days,
        Ending.CANCELLED: told.cancelled_days,
        Ending.DEAD_LETTER: told.dead_letter_days,
    }
    return RetentionRules(
        days={ending: usual if kept is None else kept for ending, kept in days.items()},
        kinds=[
            KindRule(kind=Kind(media_type=rule.media_type, label=rule.label), days=rule.days)
            for rule in told.rules
        ],
    )
