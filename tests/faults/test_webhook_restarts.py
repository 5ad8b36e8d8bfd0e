"""What is owed to a receiver survives the death of the service, and comes under the same name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.outside import Outside, outside
from tests.faults.polling import until
from tests.faults.spool import Spool


def test_a_receiver_that_is_down_gets_its_webhook_after_a_restart(
    make_spool: Callable[..., Spool], sent_media: Path, unused_port: int
) -> None:
    spool = make_spool()
    spool.start()
    hook = f"http://127.0.0.1:{unused_port}/hook"
    job_id = spool.post(sent_media / "short.wav", webhook_url=hook)
    spool.ended(job_id)
    until(lambda: _deliveries(spool, job_id)[0]["attempts"] > 0, 60, "a first try")
    [owed] = _deliveries(spool, job_id)
    assert (owed["state"], owed["last_status"]) == ("pending", None)
    spool.kill()
    with outside(sent_media, port=unused_port) as world:
        spool.start()
        spool.http.post(f"/api/v1/webhooks/deliveries/{owed['id']}/replay").raise_for_status()
        until(lambda: _deliveries(spool, job_id)[0]["state"] == "delivered", 60, "delivered")
        assert set(world.received) == {owed["id"]}


def test_a_webhook_that_was_sent_but_not_noted_comes_again_under_the_same_id(
    spool: Spool, world: Outside, sent_media: Path
) -> None:
    spool.start(crash_at="webhook.sent")
    job_id = spool.post(sent_media / "short.wav", webhook_url=f"{world.url}/hook")
    spool.await_death(60)
    assert sum(world.received.values()) == 1
    spool.start()
    until(lambda: _deliveries(spool, job_id)[0]["state"] == "delivered", 60, "delivered")
    assert len(world.received) == 1, "one id"
    assert sum(world.received.values()) >= 2, "more than once"


def _deliveries(spool: Spool, job_id: str) -> list[dict[str, Any]]:
    answer = spool.http.get(f"/api/v1/webhooks/deliveries?job_id={job_id}")
    return list(answer.json()["deliveries"])
