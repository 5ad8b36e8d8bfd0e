"""Every request to an address that a client named, and the guard over where it goes."""

from app.adapters.egress.door import Resolver, resolve
from app.adapters.egress.fetcher import TimeLimits, UrlFetcher
from app.adapters.egress.poster import UrlPoster

__all__ = ["Resolver", "TimeLimits", "UrlFetcher", "UrlPoster", "resolve"]
