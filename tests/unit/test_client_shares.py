"""Links to transcripts, as the client lists them."""

import json
from typing import Any

import pytest

from app.client import shares
from app.client.exchange import Reply


def told(*share_ids: str, cursor: str | None) -> Reply:
    found: dict[str, Any] = {"shares": [{"share_id": each} for each in share_ids]}
    return Reply(url="/", status=200, text=json.dumps(found | {"cursor": cursor}))


def test_all_pages_of_the_list_are_fetched() -> None:
    plan = shares.shares("talk")
    assert next(plan).query == {"asset_id": "talk"}
    asked = plan.send(told("one", "two", cursor="more"))
    assert asked.query == {"asset_id": "talk", "cursor": "more"}
    with pytest.raises(StopIteration) as end:
        plan.send(told("three", cursor=None))
    assert [each.share_id for each in end.value.value] == ["one", "two", "three"]
