"""The ffmpeg adapter."""

from app.adapters.ffmpeg.extractor import FfmpegExtractor
from app.adapters.ffmpeg.frames import FfmpegFrames

__all__ = ["FfmpegExtractor", "FfmpegFrames"]
