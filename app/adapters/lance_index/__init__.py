"""The search index on LanceDB."""

from app.adapters.lance_index.index import LanceIndex

__all__ = ["LanceIndex"]
