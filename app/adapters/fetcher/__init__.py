"""Downloads, and the guard over where they go."""

from app.adapters.fetcher.door import Resolver, resolve
from app.adapters.fetcher.fetcher import TimeLimits, UrlFetcher

__all__ = ["Resolver", "TimeLimits", "UrlFetcher", "resolve"]
