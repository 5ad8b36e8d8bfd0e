"""The small rules of webhooks: the schedule, `Retry-After`, endpoints, what is told, the secret."""

import asyncio
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from app.adapters.webhook_secret import NAME, kept_secret
from app.adapters.webhook_signer import StandardWebhookSigner
from app.domain.errors import ConfigError, StorageError
from app.domain.transcript import Topic
from app.domain.webhooks import (
    Delivery,
    DeliveryState,
    RetrySchedule,
    WebhookEvent,
    endpoint_of,
    jittered,
    payload,
    retry_after,
    without_secrets,
)
from app.services.webhook_endpoints import LAST_REST, MOST_KNOWN, PATIENCE, Endpoints
from tests.contracts.webhooks import SAID

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = 3600.0
DAY = 24 * HOUR
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def delivery(event: WebhookEvent = WebhookEvent.COMPLETED, *, attempts: int = 0) -> Delivery:
    failed = event is not WebhookEvent.COMPLETED
    return Delivery(
        delivery_id="msg_1",
        job_id="job",
        event=event,
        url="https://hooks.example/in?token=secret#x",
        endpoint="https://hooks.example:443",
        state=DeliveryState.PENDING,
        attempts=attempts,
        created_at=NOW,
        updated_at=NOW,
        error_code="media.no_audio" if failed else None,
        error_message="no sound" if failed else None,
    )


# the schedule


def test_retries_are_spread_over_three_days() -> None:
    delays = [RetrySchedule().delay(delivery(attempts=done)) for done in range(10)]
    hours = [2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, DAY]
    assert delays == [5.0, 300.0, 1800.0, *hours, None]
    assert sum(filter(None, delays)) == pytest.approx(75.6 * HOUR, abs=0.1 * HOUR)


def test_more_retries_wait_a_day_each_and_fewer_end_sooner() -> None:
    longer, once = RetrySchedule(max_retries=12), RetrySchedule(max_retries=0)
    assert [longer.delay(delivery(attempts=done)) for done in (9, 11, 12)] == [DAY, DAY, None]
    assert once.delay(delivery()) is None


def test_what_failed_together_is_not_tried_together() -> None:
    waits = {jittered(100.0) for _ in range(50)}
    assert len(waits) > 25
    assert all(timedelta(seconds=100) <= wait <= timedelta(seconds=110) for wait in waits)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("soon", 0),
        ("-5", 0),
        ("1.5", 0),
        ("0", 0),
        (" 120 ", 120),
        ("999999999", DAY),
        ("9" * 5000, 0),
        ("١٢", 0),
        (format_datetime(NOW + timedelta(hours=2), usegmt=True), 2 * HOUR),
        (format_datetime(NOW - timedelta(hours=2), usegmt=True), 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("Sun, 01 Mar 2026 13:00:00", HOUR),
        ("Fri, 99 Dec 9999 99:99:99 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_a_day_at_most(
    text: str | None, seconds: float
) -> None:
    assert retry_after(text, NOW) == seconds


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://hooks.example/a", "https://hooks.example:443"),
        ("http://Hooks.Example:80/b?c", "http://hooks.example:80"),
        ("http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080"),
        ("http://[bad", "unknown"),
        ("http://h:99999/", "unknown"),
        ("", "://:80"),
    ],
)
def test_an_endpoint_is_scheme_host_and_port(url: str, endpoint: str) -> None:
    assert endpoint_of(url) == endpoint


# what is told


def test_a_completed_job_tells_its_result() -> None:
    told = payload(delivery(), SAID)
    assert json.loads(json.dumps(told)) == {
        "job_id": "job",
        "status": "completed",
        "completed_at": "2026-03-01T12:00:00+00:00",
        "result": {
            "transcript": "Grüße, 東京 ja",
            "language_detection": {"language": "de", "confidence": 0.75, "alternatives": []},
            "topics": [],
        },
    }


def test_topics_are_told_where_they_were_found() -> None:
    topics = (Topic(topic="greetings", score=0.5),)
    told = payload(delivery(), replace(SAID, topics=topics))
    assert told["result"]["topics"] == [{"topic": "greetings", "score": 0.5}]


def test_a_result_that_another_job_replaced_is_null() -> None:
    assert payload(delivery(), None)["result"] is None


@pytest.mark.parametrize("event", [WebhookEvent.FAILED, WebhookEvent.DEAD_LETTER])
def test_a_failed_job_tells_why(event: WebhookEvent) -> None:
    assert payload(delivery(event), None) == {
        "job_id": "job",
        "status": "failed",
        "completed_at": "2026-03-01T12:00:00+00:00",
        "error_code": "media.no_audio",
        "error_message": "no sound",
        "dead_letter": event is WebhookEvent.DEAD_LETTER,
    }


def test_a_url_is_shown_without_what_may_be_secret() -> None:
    assert delivery().shown_url == "https://hooks.example/in"


# endpoints


class Timer:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_an_endpoint_is_excluded_while_it_is_called() -> None:
    endpoints = Endpoints(Timer())
    endpoints.begin("a")
    assert endpoints.excluded() == {"a"}
    endpoints.end("a", well=True)
    assert endpoints.excluded() == set()
    assert endpoints.rest() is None


def test_an_endpoint_rests_after_many_failures_in_a_row_ever_longer() -> None:
    timer = Timer()
    endpoints = Endpoints(timer)
    for _ in range(PATIENCE - 1):
        endpoints.end("a", well=False)
    assert endpoints.excluded() == set()
    rests = []
    for _ in range(6):
        endpoints.end("a", well=False)
        assert endpoints.excluded() == {"a"}
        rests.append(endpoints.rest())
        timer.seconds += rests[-1] or 0
        assert endpoints.excluded() == set()
    assert rests == [5, 10, 20, 40, LAST_REST, LAST_REST]


def test_a_success_ends_the_row_and_what_was_never_called_changes_nothing() -> None:
    endpoints = Endpoints(Timer())
    for _ in range(PATIENCE - 1):
        endpoints.end("a", well=False)
    endpoints.end("a", well=None)
    assert endpoints.failures("a") == PATIENCE - 1
    endpoints.end("a", well=True)
    assert endpoints.failures("a") == 0


def test_endpoints_in_trouble_are_not_remembered_without_end() -> None:
    endpoints = Endpoints(Timer())
    for number in range(MOST_KNOWN + 10):
        endpoints.end(str(number), well=False)
    known = [endpoints.failures(str(number)) for number in range(MOST_KNOWN + 10)]
    assert sum(known) == MOST_KNOWN
    assert known[:10] == [0] * 10


# signature and secret


def test_the_signature_is_one_that_receivers_can_verify() -> None:
    body = '{"job_id": "東京"}'
    headers = StandardWebhookSigner(SECRET).headers("msg_1", datetime.now(UTC), body)
    assert headers.keys() == {"webhook-id", "webhook-timestamp", "webhook-signature"}
    assert Webhook(SECRET).verify(body.encode(), headers) == {"job_id": "東京"}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace("job", "Job"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers | {"webhook-id": "msg_2"})


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "whsec_c2hvcnQ=",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GK*YqrTwj",
        "whsec_" + "A" * 88,
        "whsec_é",
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(ConfigError, match=r"webhooks\.secret") as refused:
        StandardWebhookSigner(secret)
    told = f"{refused.value.message} {refused.value.hint}"
    assert len(secret) < 8 or secret.removeprefix("whsec_") not in told


def test_a_secret_is_made_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    secret = kept_secret(folder)
    assert kept_secret(folder) == secret
    assert kept_secret(tmp_path / "other") != secret
    assert stat.S_IMODE((folder / NAME).stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == [NAME]
    StandardWebhookSigner(secret)


async def test_of_secrets_made_at_once_one_stays(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(8) as pool:
        made = await asyncio.gather(
            *(loop.run_in_executor(pool, kept_secret, tmp_path) for _ in range(8))
        )
    assert len(set(made)) == 1


def test_a_folder_that_takes_no_secret_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match=NAME):
        kept_secret(tmp_path / "file")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host:8000/a/b", "https://host:8000/a/b"),
        ("https://host/a?token=x", "https://host/a"),
        ("https://host/a#token=x", "https://host/a"),
        ("https://host/a#b?c", "https://host/a"),
        ("https://host?token=x", "https://host"),
        ("https://user:pass@host:8000/a@b", "https://host:8000/a@b"),
        ("https://token@host", "https://host"),
        ("https://a@b@host/", "https://host/"),
        ("https://a@host/b://c@d", "https://host/b://c@d"),
        ("http://[::1]:80/a", "http://[::1]:80/a"),
        ("http://[x", "http://[x"),
        ("no url", "no url"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret_in_it(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
    assert replace(delivery(), url=url).shown_url == shown
