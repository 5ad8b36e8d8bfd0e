"""What a queue carries: the id of a job, and nothing else."""

import uuid


def job_id_in(payload: dict[str, str]) -> str:
    """Raises ValueError on a foreign payload."""
    if payload.keys() != {"job_id"} or not _is_uuid(payload["job_id"]):
        raise ValueError(f'a payload is exactly {{"job_id": "<uuid>"}}, not {payload!r}')
    return payload["job_id"]


def _is_uuid(text: object) -> bool:
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text
    except ValueError:
        return False
