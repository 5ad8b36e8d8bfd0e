"""How much may be kept for one API key."""

from dataclasses import dataclass

from app.domain.errors import Forbidden

#: What databases can count to.
MOST_JOBS, MOST_BYTES = 2**31 - 1, 2**63 - 1
HINT = "delete jobs that nobody needs, or have an admin give this key more"


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Of one key."""

    #: Those that have ended, too; uploads under way are some.
    jobs: int = 0
    #: Of the media that were sent, or fetched, for them.
    bytes: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(jobs=self.jobs + other.jobs, bytes=self.bytes + other.bytes)


@dataclass(frozen=True, kw_only=True)
class Quota:
    """None: what is usual. 0: no bound."""

    jobs: int | None = None
    bytes: int | None = None

    def __bool__(self) -> bool:
        """Whether it sets a bound."""
        return bool(self.jobs or self.bytes)

    def over(self, usual: "Quota") -> "Quota":
        """With what is usual where nothing is told."""
        return Quota(
            jobs=usual.jobs if self.jobs is None else self.jobs,
            bytes=usual.bytes if self.bytes is None else self.bytes,
        )

    def check(self, used: Usage, more: Usage) -> None:
        """Raises Forbidden where both are not within."""
        if self.jobs and used.jobs + more.jobs > self.jobs:
            raise _exceeded(f"{used.jobs} of {self.jobs} jobs are kept for this key")
        if self.bytes and used.bytes + more.bytes > self.bytes:
            raise _exceeded(
                f"{used.bytes} of {self.bytes} bytes are kept for this key,"
                f" and {more.bytes} more do not fit"
            )


#: As the settings say.
USUAL = Quota()


def _exceeded(message: str) -> Forbidden:
    return Forbidden(message, code="quota.exceeded", hint=HINT)
