"""The process that serves."""

from app.server.process import run

__all__ = ["run"]
