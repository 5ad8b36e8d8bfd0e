"""Where `spool keys` does its work: at the database itself, or at the service that has it open."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar

from app.adapters.folder_lock import held
from app.cli.service import service
from app.client import Refused, Spool, Unreachable
from app.config import AppSettings, load_settings
from app.domain.errors import ConfigError
from app.domain.keys import Scope
from app.domain.quotas import Quota
from app.services.keys import KeyService

T = TypeVar("T")


class Shown(Protocol):
    @property
    def key_id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def scopes(self) -> Collection[str]: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def revoked_at(self) -> datetime | None: ...
    @property
    def last_used_at(self) -> datetime | None: ...
    @property
    def quota_jobs(self) -> int | None: ...
    @property
    def quota_bytes(self) -> int | None: ...


class Desk(Protocol):
    #: Whose keys they are, for people.
    where: str

    def create(
        self, name: str, scopes: Collection[Scope], expires_at: datetime | None, quota: Quota
    ) -> tuple[Shown, str]:
        """The key and its secret."""
        ...

    def list(self) -> Sequence[Shown]: ...

    def grant(self, key_id: str, changes: Mapping[str, int | None]) -> Shown:
        """Of `jobs` and `bytes` what changes; None: as the settings say."""
        ...

    def revoke(self, key_id: str) -> None: ...


class AtTheDatabase:
    """No service runs, so nobody need be asked: this is how the first key is made."""

    def __init__(self, settings: AppSettings) -> None:
        self._settings = settings
        self.where = f"the data folder {settings.storage.data_dir.absolute()}"

    def create(
        self, name: str, scopes: Collection[Scope], expires_at: datetime | None, quota: Quota
    ) -> tuple[Shown, str]:
        return self._done(lambda keys: keys.create(name, scopes, expires_at, quota))

    def list(self) -> Sequence[Shown]:
        return self._done(lambda keys: keys.list())

    def grant(self, key_id: str, changes: Mapping[str, int | None]) -> Shown:
        return self._done(lambda keys: keys.grant(key_id, changes))

    def revoke(self, key_id: str) -> None:
        self._done(lambda keys: keys.revoke(key_id))

    def _done(self, work: Callable[[KeyService], Awaitable[T]]) -> T:
        from app.bootstrap.keys import open_keys  # heavy: the database

        async def opened() -> T:
            async with open_keys(self._settings) as keys:
                return await work(keys)

        return asyncio.run(opened())


class AtTheService:
    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.where = f"the service at {spool.address}"

    def create(
        self, name: str, scopes: Collection[Scope], expires_at: datetime | None, quota: Quota
    ) -> tuple[Shown, str]:
        key = self._spool.create_key(
            name,
            scopes,
            expires_at=expires_at,
            quota_jobs=quota.jobs,
            quota_bytes=quota.bytes,
        )
        return key, key.secret

    def list(self) -> Sequence[Shown]:
        return self._spool.keys()

    def grant(self, key_id: str, changes: Mapping[str, int | None]) -> Shown:
        told: Any = {f"quota_{name}": most for name, most in changes.items()}
        return self._spool.change_key(key_id, **told)

    def revoke(self, key_id: str) -> None:
        self._spool.revoke_key(key_id)


@contextmanager
def desk(server: str | None, api_key: str | None) -> Iterator[Desk]:
    """The service, if one is named or has the data folder; else the database in that folder."""
    with ExitStack() as closing:
        settings = None if server or os.environ.get("SPOOL_SERVER") else _taken(closing)
        if settings is not None:
            yield AtTheDatabase(settings)
        else:
            with _first_key():
                yield AtTheService(closing.enter_context(service(server, api_key)))


@contextmanager
def _first_key() -> Iterator[None]:
    """Says how to make one where there is none, or nobody to ask."""
    try:
        yield
    except Unreachable as error:
        error.hint = "while no service runs, keys are made without --server and SPOOL_SERVER"
        raise
    except Refused as error:
        if error.status == 401:
            error.hint = "set SPOOL_API_KEY to an admin's; to make the first one, stop the service"
        raise


def _taken(closing: ExitStack) -> AppSettings | None:
    """The settings whose data folder is ours now; None when a service has it."""
    settings = load_settings()
    try:
        closing.enter_context(held(settings.storage.data_dir))
    except ConfigError:
        return None
    return settings
