"""Column types that keep their promises on every database."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator

#: A missing value is NULL, never the JSON word `null`.
Json = JSON(none_as_null=True)

_UNSTORABLE = {0: "\N{REPLACEMENT CHARACTER}"} | dict.fromkeys(
    range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"
)


def storable(text: str) -> str:
    """What no database takes (NUL, lone surrogates) becomes U+FFFD."""
    return text.translate(_UNSTORABLE)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware in, aware out, in UTC: SQLite keeps no time zone, so its text must always be UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a time zone: {value!r}")
        utc: datetime = value.astimezone(UTC)
        return utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)


class Prose(TypeDecorator[str]):
    """Text for people: a message that quotes a broken file name must not keep a job from ending."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)
