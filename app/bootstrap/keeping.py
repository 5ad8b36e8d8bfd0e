"""How long jobs are kept, and how much, by the settings."""

from app.config import AppSettings
from app.domain.quotas import Quota
from app.domain.retention import Ending, Kind, KindRule, RetentionRules
from app.ports import JobStore, Meter
from app.services.jobs import JobService
from app.services.keys import KeyService
from app.services.quotas import Quotas
from app.services.retention import Retention


def retention(settings: AppSettings, store: JobStore, jobs: JobService, meter: Meter) -> Retention:
    return Retention(store, jobs, retention_rules(settings), meter=meter)


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
