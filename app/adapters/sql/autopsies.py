"""What an attempt died of, as columns of its row and of its job's."""

from typing import Any

from app.adapters.sql.tables import JobRow
from app.domain.errors import Budget, SpoolError

COUNTS = {Budget.ERROR: "errors", Budget.CRASH: "crashes"}


def why(error: SpoolError) -> dict[str, str]:
    return {"error_code": error.code, "error_message": error.message}


def autopsy(error: SpoolError) -> dict[str, Any]:
    return {
        **why(error),
        "error_class": error.error_class or type(error).__name__,
        "exit_status": error.exit_status,
        "last_lines": error.last_lines,
    }


def paid(error: SpoolError) -> dict[str, Any]:
    """What the failure costs the job, when it is one that another attempt may pass."""
    count = COUNTS.get(error.budget) if error.retryable else None
    return {count: getattr(JobRow, count) + 1} if count else {}
