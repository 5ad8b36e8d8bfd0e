"""What an OpenAI-compatible endpoint answers, made harmless: it may be anybody's machine."""

import json
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

from app.domain.errors import EngineError, EngineRefused
from app.domain.redaction import long_enough, redacted

#: What such an endpoint is to be asked with.
PLAIN = {"Accept-Encoding": "identity"}  # a little may unfold to much
MOST_BYTES = 1 << 20  # of an answer: a few sentences, with the time of every word
MOST_TOLD = 500  # characters of a refusal
MOST_READ = 4 * MOST_TOLD  # of it, for some of them are blanks
BUSY = frozenset({408, 409, 425, 429})  # answers that ask for another try


def no_cookies() -> CookieJar:
    """Of a client that keeps none: one beyond ASCII would spoil every request after it."""
    return CookieJar(DefaultCookiePolicy(allowed_domains=[]))


class EndpointAnswer:
    """An answer, piece by piece."""

    def __init__(self, status: int, encoding: str | None, key: str | None) -> None:
        """`encoding`: its Content-Encoding. `key`: what it was asked with, which it may repeat."""
        self._status, self._body, self._keys = status, bytearray(), long_enough([key])
        self._packed = (encoding or "").strip().lower() not in ("", "identity")

    def take(self, piece: bytes) -> None:
        """Raises EngineError when there is no end to it."""
        self._body += piece
        if len(self._body) > MOST_BYTES:
            raise EngineError(f"the endpoint answered more than {MOST_BYTES} bytes")

    def read(self) -> Any:
        """Its JSON. Raises EngineError, and EngineRefused for what another try would not change."""
        if not 200 <= self._status < 300:
            self._refuse()
        if self._packed:
            raise EngineError("the endpoint answered packed, although asked not to")
        try:
            return json.loads(self._body)
        except (ValueError, RecursionError) as error:
            raise EngineError("the endpoint answered something that is not JSON") from error

    def _refuse(self) -> None:
        reason = f"the endpoint answered {self._status}: {self._reason()}"
        if self._status in BUSY or self._status >= 500:
            raise EngineError(reason)
        raise EngineRefused(reason)

    def _reason(self) -> str:
        if self._packed:
            return "something packed"
        try:
            told = str(json.loads(self._body)["error"]["message"])
        except (ValueError, KeyError, TypeError, RecursionError):
            told = self._body[:MOST_READ].decode(errors="replace")
        return _one_line(redacted(told[:MOST_READ], self._keys))


def whole_letters(text: str) -> str:
    """JSON may name half of a letter, which can be written to no file."""
    return text.encode(errors="replace").decode()


def _one_line(told: str) -> str:
    """It is shown, and stands in the log."""
    words = " ".join(told.split())
    return "".join(filter(str.isprintable, words))[:MOST_TOLD]
