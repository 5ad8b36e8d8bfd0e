"""What the routes of links to transcripts take and answer."""

from app.domain.keys import Scope
from app.web import share_answers as answers
from app.web.operation import JSON, Answer, Operation
from app.web.schemas import NoQuery
from app.web.share_schemas import NewShare, SharedQuery, ShareQuery

CREATE_SHARE = Operation(
    name="create_share",
    summary="Make a link to a transcript",
    tag="shares",
    scope=Scope.INGEST,
    description="Whoever has it reads this transcript, without a key, until its time is over. The "
    "key that makes it must have the scope `read`, too.",
    query=NoQuery,
    body={JSON: NewShare},
    answers={
        201: Answer(
            description="The link, which is shown this once.", content={JSON: answers.MadeLink}
        )
    },
    refusals=(404, 409, 413),
    told=True,
)

LIST_SHARES = Operation(
    name="list_shares",
    summary="Links that stand, newest first",
    tag="shares",
    scope=Scope.READ,
    description="Never where they lead: that is told once.",
    query=ShareQuery,
    answers={200: Answer(description="One page.", content={JSON: answers.LinkList})},
)

REVOKE_SHARE = Operation(
    name="revoke_share",
    summary="Revoke a link",
    tag="shares",
    scope=Scope.INGEST,
    query=NoQuery,
    answers={204: Answer(description="From now on it opens nothing.")},
    refusals=(404,),
    told=True,
)

READ_SHARED = Operation(
    name="read_shared",
    summary="A transcript that was shared",
    tag="shares",
    scope=None,
    description="A page to read, or subtitles to keep. What is unknown, over or revoked is not "
    "found, all alike.",
    query=SharedQuery,
    answers={
        200: Answer(
            description="The transcript.",
            content={
                "text/html": None,
                "text/plain": None,
                "application/x-subrip": None,
                "text/vtt": None,
            },
        )
    },
    refusals=(404,),
    pages=True,
)
