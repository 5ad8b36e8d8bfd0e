"""What the routes of a browser's session take and answer."""

from app.web import session_answers as answers
from app.web.operation import JSON, Answer, Header, Operation
from app.web.schemas import NoQuery
from app.web.session_schemas import SignIn

COOKIE = Header(description="`spool_key`: sent back to this host name alone.")

SIGN_IN = Operation(
    name="sign_in",
    summary="Keep an API key in the browser",
    tag="session",
    scope=None,
    description="In a cookie that no script can read, for a year. Programs send their key in a "
    "header instead.",
    query=NoQuery,
    body={JSON: SignIn},
    answers={
        200: Answer(
            description="Signed in. There is no cookie while keys are off.",
            content={JSON: answers.Session},
            headers={"Set-Cookie": COOKIE},
        )
    },
    refusals=(401, 413),
)

GET_SESSION = Operation(
    name="get_session",
    summary="Whether a key came with this request, and what it may do",
    tag="session",
    scope=None,
    query=NoQuery,
    answers={200: Answer(description="Also to strangers.", content={JSON: answers.Session})},
)

SIGN_OUT = Operation(
    name="sign_out",
    summary="Forget the key in the browser",
    tag="session",
    scope=None,
    description="The key itself stands.",
    query=NoQuery,
    answers={
        204: Answer(
            description="The cookie is taken back.", headers={"Set-Cookie": "It is empty now."}
        )
    },
)
