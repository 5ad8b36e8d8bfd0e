"""Spool: takes in media as background jobs and makes all of it searchable."""

__version__ = "0.1.0"
