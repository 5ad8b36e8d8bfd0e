"""Pages of Ogg, whose checksums are right again after a change: readers throw others away."""

from collections.abc import Iterator

NAME = b"OggS"
HEAD = 27  # bytes before the table of segments
CHECKSUM = slice(22, 26)  # of the head
POLYNOMIAL = 0x04C11DB7


def pages(whole: bytes) -> Iterator[tuple[int, int, int]]:
    """Where each begins, where its content does, and where it ends."""
    start = whole.find(NAME)
    while 0 <= start and start + HEAD <= len(whole):
        content = start + HEAD + whole[start + HEAD - 1]
        end = min(content + sum(whole[start + HEAD : content]), len(whole))
        yield start, min(content, len(whole)), end
        start = whole.find(NAME, end)


def sealed(whole: bytes) -> bytes:
    found = bytearray(whole)
    for start, _, end in pages(whole):
        page = found[start:end]
        page[CHECKSUM] = bytes(4)
        page[CHECKSUM] = checksum(page).to_bytes(4, "little")
        found[start:end] = page
    return bytes(found)


def checksum(page: bytes | bytearray) -> int:
    """RFC 3533: no reflection, begins with 0."""
    found = 0
    for byte in page:
        found = (found << 8 & 0xFFFFFFFF) ^ TABLE[found >> 24 ^ byte]
    return found


def _shifted(number: int) -> int:
    for _ in range(8):
        number = number << 1 ^ (POLYNOMIAL if number & 0x80000000 else 0)
    return number & 0xFFFFFFFF


TABLE = tuple(_shifted(byte << 24) for byte in range(256))
