"""What a browser sends to sign in, and how its session is shown."""

from typing import Annotated, Any

from pydantic import Field

from app.domain.keys import Scope
from app.web.guard import Caller
from app.web.schemas import Given


class SignIn(Given):
    #: An API key.
    key: Annotated[str, Field(min_length=1, max_length=1000)]


def shown(who: Caller, keys_required: bool) -> dict[str, Any]:
    """A key of an admin has all scopes, for it may do all of it."""
    return {
        "keys_required": keys_required,
        "signed_in": who.refusal is None,
        "name": who.key.name if who.key else None,
        "scopes": [scope for scope in Scope if who.allows(scope)],
    }
