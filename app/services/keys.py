"""API keys: made, shown once, verified at every request, revoked."""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from loguru import logger

from app.domain.clock import Clock, utc_now
from app.domain.errors import InvalidRequest, NotFound, SpoolError, Unauthorized
from app.domain.keys import ApiKey, Scope
from app.domain.quotas import USUAL, Quota
from app.ports import KeyStore

PREFIX = "spool_"
SECRET_BYTES = 32
#: Longer ones are none of ours, and are not even hashed.
MAX_SECRET = 200
#: How often the use of a key is noted, and what is kept of it in memory looked at again.
NOTED_EVERY = timedelta(minutes=1)
MAX_NAME = 200  # characters
MOST_KNOWN = 1000  # keys in memory


@dataclass(kw_only=True)
class _Known:
    key: ApiKey
    #: When the store told it.
    seen_at: datetime
    #: None: never.
    noted_at: datetime | None


class KeyService:
    """A key that is in use costs two queries a minute. A revoked one ends at once in this process,
    and within a minute in another that works on the same database, where that heard nothing."""

    #: The code of what never was a key.
    WRONG = "key.wrong"

    def __init__(self, store: KeyStore, clock: Clock = utc_now) -> None:
        self._store, self._clock = store, clock
        #: By digest, least recently used first.
        self._known: OrderedDict[str, _Known] = OrderedDict()
        #: For the answer of a query that began before it was revoked.
        self._revoked: set[str] = set()
        self._noting: set[asyncio.Task[None]] = set()
        #: Called with the id of a key that was revoked or changed: others may know it, too.
        self.changed: Callable[[str], None] = lambda key_id: None

    async def create(
        self,
        name: str,
        scopes: Collection[Scope],
        expires_at: datetime | None = None,
        quota: Quota = USUAL,
    ) -> tuple[ApiKey, str]:
        """The key and its secret, which nobody can tell a second time."""
        if not scopes:
            raise InvalidRequest("scopes: a key that may do nothing is no use")
        if not (0 < len(name) <= MAX_NAME and name.isprintable()):
            raise InvalidRequest(f"name: 1 to {MAX_NAME} characters that can be printed")
        if expires_at is not None and expires_at <= self._clock():
            raise InvalidRequest("expires_at: lies in the past")
        expires_at = expires_at and expires_at.astimezone(UTC)
        secret = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        key = await self._store.add(
            name=name, scopes=scopes, expires_at=expires_at, digest=_digest(secret), quota=quota
        )
        logger.info("key {} ({}) is made: {}", key.key_id, name, ", ".join(sorted(scopes)))
        return key, secret

    async def list(self) -> Sequence[ApiKey]:
        """Newest first, revoked and expired ones too."""
        return await self._store.list()

    async def any_stands(self) -> bool:
        now = self._clock()
        return any(key.stands(now) for key in await self._store.list())

    async def revoke(self, key_id: str) -> ApiKey:
        """From now on it opens nothing. Raises NotFound."""
        key = await self._store.revoke(key_id)
        if key is None:
            raise NotFound(f"no key {key_id}", code="key.not_found")
        self._revoked.add(key_id)
        self.changed(key_id)
        logger.info("key {} ({}) is revoked", key_id, key.name)
        return key

    async def grant(self, key_id: str, changes: Mapping[str, int | None]) -> ApiKey:
        """Change its quota: of `jobs` and `bytes` what is named. Raises NotFound."""
        key = await self._store.grant(key_id, changes)
        if key is None:
            raise NotFound(f"no key {key_id}", code="key.not_found")
        for known in self._known.values():
            if known.key.key_id == key_id:
                known.key = key
        self.changed(key_id)
        logger.info("key {} ({}) may keep: {}", key_id, key.name, key.quota)
        return key

    async def quota_of(self, key_id: str) -> Quota:
        """Its own, also of one that opens nothing any more."""
        found = (key.quota for key in await self._store.list() if key.key_id == key_id)
        return next(found, USUAL)

    def forget(self) -> None:
        """Keys may have changed elsewhere: each is looked up again."""
        self._known.clear()

    def knows(self, secret: str) -> bool:
        """Verified before, so that looking at it again costs nothing."""
        return len(secret) <= MAX_SECRET and _digest(secret) in self._known

    async def verify(self, secret: str) -> ApiKey:
        """Raises Unauthorized for a key that is wrong, expired or revoked."""
        if len(secret) > MAX_SECRET:
            raise _wrong()
        digest = _digest(secret)
        key = await self._found(digest)
        if key.revoked_at is not None or key.key_id in self._revoked:
            raise Unauthorized("this key is revoked", code="key.revoked")
        if not key.stands(self._clock()):
            raise Unauthorized("this key has expired", code="key.expired")
        self._note(digest)
        return key

    async def settle(self) -> None:
        """Until every use is noted."""
        while self._noting:
            await asyncio.wait(set(self._noting))

    async def _found(self, digest: str) -> ApiKey:
        """From memory if it was looked at within the last minute, else from the store: another
        process may have revoked it. Only digests are compared, and by an index: how long that
        takes tells nothing of a secret."""
        now, known = self._clock(), self._known.get(digest)
        if known is not None and _fresh(known.seen_at, now):
            self._known.move_to_end(digest)
            return known.key
        key = await self._store.find(digest)
        if key is None:
            self._known.pop(digest, None)
            raise _wrong()
        self._known[digest] = _Known(key=key, seen_at=now, noted_at=key.last_used_at)
        self._known.move_to_end(digest)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return key

    def _note(self, digest: str) -> None:
        """Behind the answer, and at most once a minute."""
        known, now = self._known[digest], self._clock()
        if known.noted_at is not None and _fresh(known.noted_at, now):
            return
        known.noted_at = now
        task = asyncio.create_task(self._refresh(digest, known))
        self._noting.add(task)
        task.add_done_callback(self._noting.discard)

    async def _refresh(self, digest: str, known: _Known) -> None:
        """A store that refuses (a full disk) keeps nobody out."""
        try:
            key = await self._store.note_use(known.key.key_id)
        except SpoolError as error:
            logger.debug("the use of key {} is not noted: {}", known.key.key_id, error.message)
            return
        if key is None:
            self._known.pop(digest, None)
        else:
            known.key = key


def _fresh(moment: datetime, now: datetime) -> bool:
    """Also when the clock was set back meanwhile."""
    return abs(now - moment) < NOTED_EVERY


def _digest(secret: str) -> str:
    """Plain SHA-256 is enough: nobody guesses 256 random bits, however fast the hash."""
    return hashlib.sha256(secret.encode("utf-8", errors="surrogatepass")).hexdigest()


def _wrong() -> Unauthorized:
    return Unauthorized("there is no such key", code="key.wrong")
