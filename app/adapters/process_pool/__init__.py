"""The worker pool adapter."""

from app.adapters.process_pool.pool import ProcessPool

__all__ = ["ProcessPool"]
