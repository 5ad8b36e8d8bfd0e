"""Spool: takes in media as background jobs and makes every spoken moment searchable."""

__version__ = "0.1.0"
