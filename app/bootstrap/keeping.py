"""How long jobs are kept, by the settings."""

from app.config import AppSettings
from app.domain.retention import Ending, Kind, KindRule, RetentionRules


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
