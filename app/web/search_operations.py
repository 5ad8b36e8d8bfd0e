"""What search and the index take and answer."""

from app.domain.keys import Scope
from app.web import schemas
from app.web import search_answers as answers
from app.web.operation import FORM, JSON, LINES, Answer, Operation
from app.web.search_schemas import BuildQuery, BulkRecords, SearchBody, SearchForm

FOUND = {200: Answer(description="One page of hits.", content={JSON: answers.Hits})}
STATE = {JSON: answers.Index}

SEARCH = Operation(
    name="search",
    summary="Search everything",
    tag="search",
    scope=Scope.READ,
    query=schemas.SearchParameters,
    answers=FOUND,
)

SEARCH_BY_BODY = Operation(
    name="search_by_body",
    summary="Search everything, asked for in JSON or with a picture",
    tag="search",
    scope=Scope.READ,
    description="`image` finds what looks like it: in JSON as Base64, in a form as a file.",
    query=schemas.NoQuery,
    body={JSON: SearchBody, FORM: SearchForm},
    answers=FOUND,
    refusals=(413,),
)

BULK_ADD = Operation(
    name="bulk_add",
    summary="Put records straight into the index",
    tag="search",
    scope=Scope.INGEST,
    description="Up to 10,000, by `id`: one that is there is replaced. Also a JSON record a line. "
    "All of them may have 128 MiB, and each of them 1 MiB.",
    query=schemas.NoQuery,
    body={JSON: BulkRecords, LINES: None},
    answers={200: Answer(description="They are found.", content={JSON: answers.BulkAdded})},
    refusals=(413, 503, 507),
)

BUILD_INDEX = Operation(
    name="build_index",
    summary="Build the indexes of vectors and of words anew, and compact",
    tag="search",
    scope=Scope.ADMIN,
    description="Searches and writes go on meanwhile. With `wait`: answers when it is done.",
    query=BuildQuery,
    answers={
        200: Answer(description="It is built.", content=STATE),
        202: Answer(description="It is being built.", content=STATE),
    },
    refusals=(503,),
)

INDEX_STATE = Operation(
    name="index_state",
    summary="How large the index is, and whether it is being built",
    tag="search",
    scope=Scope.READ,
    query=schemas.NoQuery,
    answers={200: Answer(description="As it is now.", content=STATE)},
    refusals=(503,),
)
