"""Every request to an address that a client named, and the guard over where it goes."""

from app.adapters.egress.fetcher import UrlFetcher
from app.adapters.egress.names import Names, Resolver
from app.adapters.egress.pace import TimeLimits
from app.adapters.egress.poster import UrlPoster

__all__ = ["Names", "Resolver", "TimeLimits", "UrlFetcher", "UrlPoster"]
