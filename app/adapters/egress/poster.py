"""Webhook requests: through the same door as downloads, answered within a limit or given up."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence

import httpx2

from app.adapters.egress.door import Door, VettedTransport, read_url
from app.adapters.egress.names import Resolver
from app.domain.errors import SourceUnreachable
from app.domain.webhooks import WebhookAnswer

MAX_ANSWER = 64 * 1024  # bytes; nobody looks at them, but a server likes to be heard out
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "spool"}


class UrlPoster:
    """Implements `ports.WebhookPoster`. `timeout`: seconds for all of it, resolving to answer."""

    def __init__(
        self,
        *,
        timeout: float,
        allowed_networks: Sequence[str] = (),
        allowed_ports: Sequence[int] = (),
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`allowed_networks`, `allowed_ports`: as `Door` has them. `tls`: None trusts what the
        system trusts. Raises ConfigError on a CIDR that is none."""
        self._timeout = timeout
        self._door = Door(allowed_networks, allowed_ports, resolver)
        self._tls = tls
        self._transport: VettedTransport | None = None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> WebhookAnswer:
        """Without a client there are no cookies, proxies or redirects."""
        # `timeout` bounds each step too: the pool of connections has clocks of its own
        request = httpx2.Request(
            "POST",
            read_url(url),
            headers={**HEADERS, **headers},
            content=body,
            extensions={"timeout": httpx2.Timeout(self._timeout).as_dict()},
        )
        heard: list[WebhookAnswer] = []
        try:
            async with asyncio.timeout(self._timeout):
                await self._exchange(request, heard)
        except TimeoutError as error:
            return _heard(heard, f"no answer within {self._timeout:g} s", error)
        except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, OSError) as error:
            return _heard(heard, str(error) or type(error).__name__, error)
        return heard[0]

    async def _exchange(self, request: httpx2.Request, heard: list[WebhookAnswer]) -> None:
        response = await self._open().handle_async_request(request)
        retry_after = response.headers.get("Retry-After")
        heard.append(WebhookAnswer(status=response.status_code, retry_after=retry_after))
        try:
            size = 0
            async for chunk in response.aiter_raw(MAX_ANSWER):
                size += len(chunk)
                if size >= MAX_ANSWER:
                    break
        finally:
            await response.aclose()

    def _open(self) -> VettedTransport:
        """Made at the first use: reading the certificates that are trusted takes a while."""
        if self._transport is None:
            self._transport = VettedTransport(self._door, self._tls)
        return self._transport

    async def aclose(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()


def _heard(heard: Sequence[WebhookAnswer], trouble: str, error: Exception) -> WebhookAnswer:
    """The status counts as soon as it is there: what follows it may drip, or break off."""
    if heard:
        return heard[0]
    raise SourceUnreachable(trouble) from error
