"""What a job id looks like."""

import uuid


def is_job_id(text: str) -> bool:
    """A UUID in its canonical form. Nothing is stored under anything else, so why ask."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
