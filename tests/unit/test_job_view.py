"""How jobs are shown to clients."""

from dataclasses import replace

from app.domain.jobs import JobOptions
from app.web.schemas import job_view
from tests.unit.test_job_names import job


def test_the_secrets_of_a_webhooks_url_are_not_shown() -> None:
    options = JobOptions(webhook_url="https://user:pass@host/a?token=x#token=y")
    shown = job_view(replace(job("https://media/talk.mp3"), options=options))
    assert shown["options"]["webhook_url"] == "https://host/a"


def test_a_job_without_a_webhook_shows_none() -> None:
    assert "webhook_url" not in job_view(job("https://media/talk.mp3"))["options"]
