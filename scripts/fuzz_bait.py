"""Media that name what they must not lead to: another file of this machine, and an address."""

from pathlib import Path
from random import Random

HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{file}\n#EXTINF:3,\n{url}\n#EXT-X-ENDLIST\n"
CONCAT = "ffconcat version 1.0\nfile '{file}'\nfile '{url}'\n"
SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\na=control:{url}\nm=audio 0 RTP 0\n"
DASH = '<?xml version="1.0"?><MPD type="static"><Period><BaseURL>{url}</BaseURL></Period></MPD>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><image href="{file}"/><image href="{url}"/></svg>'
ASX = '<asx version="3.0"><entry><ref href="{url}"/></entry></asx>'
SCRIPT = "[Script Info]\nAudio URI: {file}\nVideo File: {url}\n"
LISTS = (HLS, CONCAT, SDP, DASH, SVG, ASX, SCRIPT)
SPELT = ("{}", "file://{}", "file:{}", "subfile,,start,0,end,0,,:{}", "concat:{}|{}", "crypto:{}")
KEPT_HERE = b"url \0\0\0\1"  # what mp4 says of its samples
ABOVE = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref", b"url ")


def baited(chance: Random, whole: bytes, file: Path, url: str) -> bytes:
    """The list instead of the sound, behind it, or alone; or in the box that is for this."""
    if KEPT_HERE in whole and chance.random() < 0.5:
        return _kept_elsewhere(whole, chance.choice((str(file), f"file://{file}", url)))
    spelt = chance.choice(SPELT)
    words = chance.choice(LISTS).format(file=spelt.format(file, file), url=url).encode()
    return chance.choice((whole[:200] + words, whole + words, words))


def _kept_elsewhere(whole: bytes, place: str) -> bytes:
    """All boxes around it grow by what is added."""
    here, more = whole.find(KEPT_HERE), place.encode() + b"\0"
    changed = bytearray(whole)
    for name in ABOVE:
        box = whole.rindex(name, 0, here + 4) - 4
        size = int.from_bytes(whole[box : box + 4], "big") + len(more)
        changed[box : box + 4] = (size & 0xFFFFFFFF).to_bytes(4, "big")
    changed[here + 4 : here + 8] = b"\0\0\0\0" + more
    return bytes(changed)
