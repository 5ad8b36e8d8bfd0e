"""What the bytes of a medium are called on the web, by the suffix of its name."""

import mimetypes

from app.domain.media_types import AUDIO_SUFFIXES, IMAGE_SUFFIXES, VIDEO_SUFFIXES, media_suffix

#: What is nothing that a browser may show.
BYTES = "application/octet-stream"
#: Where the standard library knows none, an old one, or one that browsers do not play.
_OURS = {
    ".aac": "audio/aac",
    ".amr": "audio/amr",
    ".avif": "image/avif",
    ".caf": "audio/x-caf",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".m4v": "video/mp4",
    ".mka": "audio/x-matroska",
    ".mkv": "video/x-matroska",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".ts": "video/mp2t",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webp": "image/webp",
    ".wma": "audio/x-ms-wma",
}


def _content_types() -> dict[str, str]:
    """Of a table of its own: what a machine adds to the shared one is not the same everywhere."""
    known = mimetypes.MimeTypes().types_map[True] | _OURS
    suffixes = sorted(AUDIO_SUFFIXES | IMAGE_SUFFIXES | VIDEO_SUFFIXES)
    return {suffix: known.get(suffix, BYTES) for suffix in suffixes}


#: By suffix. No other medium is sent to be shown: SVG and HTML can run what stands in them.
CONTENT_TYPES = _content_types()


def content_type_of(source_name: str) -> str:
    """Of a file name, path or URL."""
    return CONTENT_TYPES.get(media_suffix(source_name), BYTES)
