"""Slower, where the service asks for it."""

import time
from collections.abc import Callable
from typing import TypeVar

from app.client import Refused

T = TypeVar("T")


def unhurried(call: Callable[[], T]) -> T:
    """Its answer. Raises Refused for all but 429, and Unreachable."""
    while True:
        try:
            return call()
        except Refused as error:
            if error.status != 429:
                raise
            time.sleep(error.retry_after or 1.0)
