"""From where a request comes, as far as a browser says. Clients that are no browser say nothing."""

from starlette.datastructures import Headers

#: Methods that change nothing.
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def from_elsewhere(headers: Headers) -> bool:
    """Whether a page of another origin sends this; another port of the same machine is another."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and not _same(origin, headers.get("host", ""))


def from_our_own(method: str, headers: Headers) -> bool:
    """Whether one of our own pages sends this, or somebody who follows a link to one.

    What changes something needs a browser's word for it. Over plain http it says nothing of
    reading: so what a page elsewhere embeds passes, and that page cannot look at the answer.
    """
    if from_elsewhere(headers):
        return method in SAFE and _opens_a_page(headers)
    return method in SAFE or "origin" in headers or "sec-fetch-site" in headers


def _opens_a_page(headers: Headers) -> bool:
    """In a tab of its own: no picture, no script, no frame."""
    asked = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return asked == ("navigate", "document")


def _same(origin: str, host: str) -> bool:
    """`null`, the origin of nowhere, is nobody's. A proxy may have changed the scheme."""
    scheme, _, place = origin.lower().partition("://")
    port = DEFAULT_PORTS.get(scheme, "")
    return bool(place) and place.removesuffix(port) == host.lower().removesuffix(port)
