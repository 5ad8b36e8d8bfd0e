"""Knowing an MP4 by its first bytes: a file type box of the ISO base media format."""

HEAD = 12  # bytes: the box's length, its name, the major brand
#: Brands of what shares the box and is no MP4: QuickTime, JPEG 2000, still pictures, raw photos.
OTHERS = frozenset(
    {b"qt  ", b"jp2 ", b"jpx ", b"jpm ", b"mjp2", b"mif1", b"msf1", b"avif", b"avis", b"crx "}
    | {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
)


def is_mp4(head: bytes) -> bool:
    """`head`: at least the first `HEAD` bytes; fewer are no MP4."""
    return len(head) >= HEAD and head[4:8] == b"ftyp" and head[8:12] not in OTHERS
