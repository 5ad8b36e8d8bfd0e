"""Buckets of object stores: what they are called, and what opens them."""

from collections.abc import Mapping
from urllib.parse import urlsplit

#: What opens them, by what the URL begins with: variables that the tools of their
#: makers read from the environment. An option of a store has the same name in small letters.
NAMES = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    "gs": ("GOOGLE_SERVICE_ACCOUNT_KEY",),
    "az": (
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_ACCESS_KEY",
        "AZURE_STORAGE_SAS_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_STORAGE_CLIENT_SECRET",
        "AZURE_STORAGE_TOKEN",
        "AZURE_CLIENT_SECRET",
    ),
}
KEYS = frozenset(name for names in NAMES.values() for name in names)


def bucket_url(text: str) -> str:
    """As we use it. Raises ValueError, which says how it is written."""
    parts = urlsplit(text)
    if parts.scheme not in NAMES or not parts.netloc or parts.username or parts.query:
        raise ValueError(
            "a bucket is written s3://bucket/prefix, or with gs:// or az://;"
            " a folder is named by data_dir"
        )
    return text.rstrip("/")


def keys_told(url: str, options: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """`options` of a store, with the keys that are `told` by the environment; they belong together,
    so there are none of them where the options name one."""
    names = NAMES.get(url.partition("://")[0], ())
    found = {name.lower(): told[name] for name in names if told.get(name)}
    ours = {name.lower() for name in KEYS}
    return dict(options) if ours & {name.lower() for name in options} else {**options, **found}
