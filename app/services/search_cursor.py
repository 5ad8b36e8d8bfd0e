"""Where a page of hits ends, as clients carry it to the next one."""

import base64
import binascii
from dataclasses import dataclass

from app.domain.errors import InvalidRequest
from app.domain.search import SearchMode

_BLIND = ":blind"  # behind what a cursor tells else


@dataclass(frozen=True, kw_only=True)
class SearchCursor:
    """Where the next page begins. The ranking is kept: pages of two of them would not fit."""

    mode: SearchMode
    offset: int
    #: Whether it goes on without what only looks like the words.
    blind: bool = False

    def __str__(self) -> str:
        told = f"{self.mode}:{self.offset}" + _BLIND * self.blind
        return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> "SearchCursor":
        """Raises InvalidRequest on anything that `str` did not make."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            told = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
            mode, offset = told.removesuffix(_BLIND).split(":")
            blind = told.endswith(_BLIND)
            cursor = cls(mode=SearchMode(mode), offset=int(offset), blind=blind)
        except (ValueError, binascii.Error) as error:
            raise InvalidRequest("cursor: not one of this service's") from error
        if cursor.offset < 0 or str(cursor) != text:
            raise InvalidRequest("cursor: not one of this service's")
        return cursor
