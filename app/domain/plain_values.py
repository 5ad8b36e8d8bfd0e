"""Values as JSON and every database have them: what somebody tells of an asset."""

from datetime import date, time
from math import isfinite
from typing import Any

#: Values, and lists within lists.
MOST_VALUES, DEEPEST = 1000, 10
#: Digits of a whole number: JSON's readers lose what goes beyond.
_EXACT = 2**53


class PlainValues:
    """Makes plain what is told, up to so much. Raises ValueError on more, and on bytes."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def mapping(self, found: Any, depth: int = 0) -> dict[str, Any]:
        if not isinstance(found, dict):
            raise ValueError("it names nothing")
        return {_name(key): self.value(each, depth + 1) for key, each in found.items()}

    def value(self, found: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > DEEPEST:
            raise ValueError("it tells too much")
        if isinstance(found, dict):
            return self.mapping(found, depth)
        if isinstance(found, list | tuple | set):
            return [self.value(each, depth + 1) for each in found]
        return _scalar(found)


def _name(key: Any) -> str:
    return str(_scalar(key))


def _scalar(found: Any) -> Any:
    """PostgreSQL keeps no NUL, and JSON neither infinity nor bytes."""
    if found is None or isinstance(found, bool):
        return found
    if isinstance(found, int) and abs(found) <= _EXACT:
        return found
    if isinstance(found, float) and isfinite(found):
        return found
    if isinstance(found, date | time):
        return found.isoformat()
    if isinstance(found, bytes):
        raise ValueError("it holds bytes")
    return str(found).replace("\x00", "").encode(errors="replace").decode()
