"""What the routes of API keys take and answer."""

from app.domain.keys import Scope
from app.web import key_answers as answers
from app.web.key_schemas import NewKey, Quotas
from app.web.operation import JSON, Answer, Operation
from app.web.schemas import NoQuery

LIST_KEYS = Operation(
    name="list_keys",
    summary="API keys, newest first",
    tag="keys",
    scope=Scope.ADMIN,
    description="Revoked and expired ones too; never their secrets.",
    query=NoQuery,
    answers={200: Answer(description="All of them.", content={JSON: answers.KeyList})},
)

CREATE_KEY = Operation(
    name="create_key",
    summary="Make an API key",
    tag="keys",
    scope=Scope.ADMIN,
    query=NoQuery,
    body={JSON: NewKey},
    answers={
        201: Answer(
            description="The key with its secret, which is shown this once.",
            content={JSON: answers.MadeKey},
        )
    },
    refusals=(413,),
)

CHANGE_KEY = Operation(
    name="change_key",
    summary="Change what an API key may keep",
    tag="keys",
    scope=Scope.ADMIN,
    description="What is not named stays as it is. In other instances that share the database it"
    " counts within a minute.",
    query=NoQuery,
    body={JSON: Quotas},
    answers={200: Answer(description="The key as it is now.", content={JSON: answers.Key})},
    refusals=(404, 413),
)

REVOKE_KEY = Operation(
    name="revoke_key",
    summary="Revoke an API key",
    tag="keys",
    scope=Scope.ADMIN,
    query=NoQuery,
    answers={204: Answer(description="From now on it opens nothing.")},
    refusals=(404,),
)
