"""The ffmpeg adapter."""

from app.adapters.ffmpeg.extractor import FfmpegExtractor

__all__ = ["FfmpegExtractor"]
