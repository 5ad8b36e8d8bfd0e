"""What the feed takes and answers."""

from app.domain.keys import Scope
from app.web.cached_answers import CACHED, HAVE, UNCHANGED
from app.web.operation import Answer, Operation
from app.web.schemas import NoQuery

FEED = Operation(
    name="feed",
    summary="The last jobs that ended, for feed readers",
    tag="jobs",
    scope=Scope.READ,
    description="Atom 1.0: up to 50 that completed or failed, the last end first; none on "
    "key-frames. The key may be the password of HTTP Basic, under any user name.",
    query=NoQuery,
    headers=HAVE,
    answers={
        200: Answer(
            description="The feed.", content={"application/atom+xml": None}, headers=CACHED
        ),
        304: UNCHANGED,
    },
    basic=True,
)
