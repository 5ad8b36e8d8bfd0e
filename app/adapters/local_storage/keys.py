"""From keys to paths that stay inside."""

from pathlib import Path

from app.domain.errors import Forbidden
from app.domain.file_keys import is_plain


def path_inside(root: Path, key: str) -> Path:
    """Raises Forbidden on a key that is no plain relative path, or that links lead out of root."""
    if not is_plain(key):
        raise Forbidden("the key is no plain relative path", code="storage.forbidden")
    root = root.resolve()
    try:
        path = (root / key).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, lone surrogates
        raise Forbidden("the key leads nowhere", code="storage.forbidden") from error
    if not path.is_relative_to(root):
        raise Forbidden("the key leads out of the store", code="storage.forbidden")
    return path
