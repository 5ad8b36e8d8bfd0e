"""Descriptions by any OpenAI-compatible endpoint whose model can see."""

import asyncio
import base64
import io
from typing import Any

import httpx2

from app.adapters.pictures.plain import PATIENCE, image_of
from app.domain.endpoint_answers import PLAIN, EndpointAnswer, no_cookies, whole_letters
from app.domain.engine_errors import engine_errors
from app.domain.errors import EngineError
from app.domain.pictures import Bitmap
from app.domain.webhooks import without_secrets
from app.ports import WorkerPool

LONGEST_WAIT = 120.0  # seconds for the whole answer
TIMEOUT = httpx2.Timeout(LONGEST_WAIT, connect=10.0)
SIDE = 768  # pixels: what such models look at
QUALITY = 85  # of a JPEG
MAX_WORDS = 200  # tokens
LONGEST = 2000  # characters of an answer that are kept
UNTOLD = "the endpoint answered JSON without a description"
ASKED = (
    "Say in one or two plain sentences what this picture shows, so that it can be found by a "
    "search. Name things, people's doings, places and colours. No preamble."
)


class OpenAIDescriber:
    """Implements `ports.Describer`; each picture travels as a small JPEG within the request."""

    def __init__(self, pool: WorkerPool, *, base_url: str, api_key: str | None, model: str) -> None:
        self._pool, self._model, self._key = pool, model, api_key
        headers = PLAIN | ({"Authorization": f"Bearer {api_key}"} if api_key else {})
        self._client = httpx2.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            headers=headers,
            cookies=no_cookies(),
            timeout=TIMEOUT,
            trust_env=False,
        )

    async def describe(self, bitmap: Bitmap) -> str:
        jpeg = await self._pool.run_within(PATIENCE, small_jpeg, bitmap)
        answer = await self._post(_question(self._model, jpeg))
        try:
            told = answer["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError) as error:
            raise EngineError(UNTOLD) from error
        if not isinstance(told, str | None):
            raise EngineError(UNTOLD)
        return " ".join(whole_letters(told or "").split())[:LONGEST]

    async def _post(self, question: dict[str, Any]) -> Any:
        try:
            return (await self._exchanged(question)).read()
        except TimeoutError as error:
            raise EngineError(f"the endpoint gave no answer within {LONGEST_WAIT:g} s") from error
        except (httpx2.HTTPError, ValueError) as error:  # the latter of a redirect to half a URL
            reason = str(error) or type(error).__name__
            endpoint = without_secrets(str(self._client.base_url))
            raise EngineError(f"{endpoint}: {reason}") from error

    async def _exchanged(self, question: dict[str, Any]) -> EndpointAnswer:
        async with (
            asyncio.timeout(LONGEST_WAIT),
            self._client.stream("POST", "chat/completions", json=question) as response,
        ):
            encoding = response.headers.get("Content-Encoding")
            answer = EndpointAnswer(response.status_code, encoding, self._key)
            async for piece in response.aiter_raw():
                answer.take(piece)
        return answer

    async def aclose(self) -> None:
        await self._client.aclose()


def small_jpeg(bitmap: Bitmap) -> bytes:
    """Runs in the worker."""
    with engine_errors():
        buffer = io.BytesIO()
        image_of(bitmap, SIDE).save(buffer, "JPEG", quality=QUALITY)
        return buffer.getvalue()


def _question(model: str, jpeg: bytes) -> dict[str, Any]:
    url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
    content = [{"type": "text", "text": ASKED}, {"type": "image_url", "image_url": {"url": url}}]
    return {
        "model": model,
        "messages": [{"role": "user", "content": content}],
        "max_tokens": MAX_WORDS,
        "temperature": 0,
    }
