"""What kinds of media there are, and how a name tells which one it is."""

import re
from enum import StrEnum
from pathlib import PurePosixPath


class MediaType(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    #: A picture out of a video, at a second of it.
    KEYFRAME = "keyframe"


VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ts"}
)
IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif"}
)
#: Of pictures that are not read here: they are refused as such, and not for want of sound.
STRANGE_SUFFIXES = frozenset({".heic", ".heif", ".svg"})
TEXT_SUFFIXES = frozenset({".txt", ".md", ".mdx", ".markdown", ".rst"})
AUDIO_SUFFIXES = frozenset(
    {".mp3", ".m4a", ".m4b", ".aac", ".wav", ".flac", ".ogg", ".oga", ".opus", ".wma", ".aif"}
    | {".aiff", ".amr", ".caf", ".mka", ".weba"}
)
#: What somebody who looks through a folder takes for media.
MEDIA_SUFFIXES = VIDEO_SUFFIXES | AUDIO_SUFFIXES | IMAGE_SUFFIXES | TEXT_SUFFIXES
#: Where the bytes of each are kept.
FOLDERS = {
    MediaType.VIDEO: "video_jobs",
    MediaType.AUDIO: "audio_jobs",
    MediaType.IMAGE: "image_jobs",
    MediaType.KEYFRAME: "image_jobs",
    MediaType.TEXT: "text_jobs",
}
#: Between the name of a video and the second, in the name of a key-frame: `talk#t=12.5`.
FRAME_MARK = "#t="
#: What is there to be listened to; a video may be silent.
SPOKEN = frozenset({MediaType.AUDIO, MediaType.VIDEO})
_SAFE_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


def media_type_of(source_name: str) -> MediaType:
    """By the suffix of a file name, path or URL. What no suffix tells is taken for sound: ffmpeg
    finds out what is in it."""
    suffix = media_suffix(source_name)
    if suffix in VIDEO_SUFFIXES:
        return MediaType.VIDEO
    if suffix in IMAGE_SUFFIXES | STRANGE_SUFFIXES:
        return MediaType.IMAGE
    return MediaType.TEXT if suffix in TEXT_SUFFIXES else MediaType.AUDIO


def spoken_type_of(source_name: str) -> MediaType:
    """Of a medium that is there to be listened to."""
    video = media_suffix(source_name) in VIDEO_SUFFIXES
    return MediaType.VIDEO if video else MediaType.AUDIO


def frame_id(video_id: str, at: float) -> str:
    """Name of the key-frame at that second of a video."""
    return f"{video_id}{FRAME_MARK}{in_seconds(at)}"


def in_seconds(at: float) -> str:
    """To the thousandth, as short as can be: `12.5`; also behind the first hours of a video."""
    return f"{at:.3f}".rstrip("0").rstrip(".")


def media_suffix(source_name: str) -> str:
    """Of a file name, path or URL: short, lower case and alphanumeric, else `.bin`."""
    path = host_and_path(source_name)[1] if "://" in source_name else source_name
    suffix = PurePosixPath(path).suffix.lower()
    return suffix if _SAFE_SUFFIX.fullmatch(suffix) else ".bin"


def host_and_path(url: str) -> tuple[str, str]:
    """Of anything: `urlsplit` raises on what only looks like a URL."""
    address = url.partition("?")[0].partition("#")[0]
    _, mark, rest = address.partition("://")
    host, _, path = (rest if mark else address).partition("/")
    return host, path
