"""The client of one bucket, or of one prefix in it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeAlias, cast

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store, from_url

from app.domain.errors import ConfigError

Store: TypeAlias = S3Store | GCSStore | AzureStore

#: Of one request, which carries a part of a file at most.
REQUEST = timedelta(seconds=120)
CONNECT = timedelta(seconds=5)
#: A request that fails for reasons that pass is sent again for so long.
RETRIES = timedelta(seconds=30)
MOST_TRIES = 10
BACKOFF = {
    "init_backoff": timedelta(milliseconds=100),
    "max_backoff": timedelta(seconds=5),
    "base": 2,
}
#: Told to the HTTP client, not to the store; LanceDB takes them with the others.
OF_THE_CLIENT = frozenset({"allow_http", "allow_invalid_certificates"})


def open_store(url: str, options: Mapping[str, str], *, retries: timedelta = RETRIES) -> Store:
    """`options` by their names in the Rust crate object_store (`aws_endpoint`, ...), which LanceDB
    takes as well. Nothing is asked of the store yet.

    Raises ConfigError, without any value of `options`.
    """
    told: dict[str, Any] = {
        name: value for name, value in options.items() if name not in OF_THE_CLIENT
    }
    client: dict[str, Any] = {
        name: value.lower() == "true" for name, value in options.items() if name in OF_THE_CLIENT
    }
    client |= {"timeout": REQUEST, "connect_timeout": CONNECT}
    retry = {"max_retries": MOST_TRIES, "retry_timeout": retries, "backoff": BACKOFF}
    opening: Any = from_url  # typed by what the URL says, which nobody knows yet
    try:
        return cast(Store, opening(url, config=told, client_options=client, retry_config=retry))
    except (BaseError, ValueError) as error:
        raise ConfigError("storage.files_url and its options name no object store") from error
