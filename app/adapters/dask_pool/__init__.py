"""The worker pool adapter over a Dask cluster."""

from app.adapters.dask_pool.pool import DaskPool

__all__ = ["DaskPool"]
