"""What a client's Idempotency-Key stands for."""

import hashlib
import json
from dataclasses import asdict

from app.domain.jobs import IdempotencyKey, JobOptions


def owned(key: str, owner: str) -> str:
    """`key` as one owner's: no two have any in common, and it is no longer than others."""
    return hashlib.sha256(f"{owner}\n{key}".encode()).hexdigest()


def named(key: str | None, *asked: object) -> IdempotencyKey | None:
    """The key with a digest of everything that was asked for under it."""
    if key is None:
        return None
    plain = [asdict(part) if isinstance(part, JobOptions) else part for part in asked]
    digest = hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()
    return IdempotencyKey(key=key, digest=digest)
