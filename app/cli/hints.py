"""What to do about a refusal, where the service could not say it."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.client import Refused


@contextmanager
def found_by(hint: str) -> Iterator[None]:
    """Of what is not there, tells where to look for what is."""
    try:
        yield
    except Refused as error:
        if error.status == 404:
            error.hint = error.hint or hint
        raise
