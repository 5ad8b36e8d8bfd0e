"""Whose request is being answered: part of the context, as it is of what is logged."""

from contextvars import ContextVar

from app.domain.quotas import USUAL, Quota

#: Id of the API key with which the request came; None where keys are off, or nobody asked.
requester: ContextVar[str | None] = ContextVar("requester", default=None)
#: That key's own.
granted: ContextVar[Quota] = ContextVar("granted", default=USUAL)
