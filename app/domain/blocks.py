"""Bytes that come in small chunks, or in large ones, in blocks of one size."""

from collections.abc import AsyncGenerator, AsyncIterator

from app.domain.errors import TooLarge


async def in_blocks(
    chunks: AsyncIterator[bytes], size: int, limit: int | None = None
) -> AsyncGenerator[bytes, None]:
    """The same bytes in blocks of at least `size` bytes, but for the last.

    Raises TooLarge past `limit`, and reads no more then.
    """
    block = bytearray()
    total = 0
    async for chunk in chunks:
        total += len(chunk)
        if limit is not None and total > limit:
            raise TooLarge(f"more than the {limit} bytes that are allowed")
        block += chunk
        if len(block) >= size:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)
