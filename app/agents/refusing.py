"""Refusals, in words that an agent can read."""

from pydantic import ValidationError

from app.client import Refused
from app.domain.errors import InvalidRequest, SpoolError

#: By pydantic's type of error, where its own words are about itself.
WORDS = {"extra_forbidden": "is not known here", "missing": "is missing"}
MAX_PROBLEMS = 10  # named in one answer
MAX_NAME = 100  # characters of an argument's name that are repeated


def words(error: SpoolError) -> str:
    """Message, code and what to do."""
    said = [f"{error.message} ({error.code})"]
    if isinstance(error, Refused) and error.retry_after is not None:
        said.append(f"try again in {error.retry_after:g} s")
    return "; ".join([*said, *([error.hint] if error.hint else [])])


def wrong_arguments(error: ValidationError, known: list[str]) -> InvalidRequest:
    """Each that is wrong, unknown or missing is named."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    problems = [_problem(item["loc"], item["type"], item["msg"]) for item in found[:MAX_PROBLEMS]]
    if len(found) > MAX_PROBLEMS:
        problems.append(f"and {len(found) - MAX_PROBLEMS} more")
    return InvalidRequest("; ".join(problems), hint=f"the arguments are {', '.join(known)}")


def _problem(place: tuple[int | str, ...], kind: str, said: str) -> str:
    name = ".".join(str(part) for part in place)[:MAX_NAME]
    return f"{name}: {WORDS.get(kind, said.removeprefix('Value error, '))}"
