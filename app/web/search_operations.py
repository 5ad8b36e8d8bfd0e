"""What search takes and answers."""

from app.domain.keys import Scope
from app.web import schemas
from app.web import search_answers as answers
from app.web.operation import JSON, Answer, Operation

FOUND = {200: Answer(description="One page of hits.", content={JSON: answers.Hits})}

SEARCH = Operation(
    name="search",
    summary="Search all that was said",
    tag="search",
    scope=Scope.READ,
    query=schemas.SearchParameters,
    answers=FOUND,
)

SEARCH_BY_BODY = Operation(
    name="search_by_body",
    summary="Search all that was said, asked for in JSON",
    tag="search",
    scope=Scope.READ,
    query=schemas.NoQuery,
    body={JSON: schemas.SearchParameters},
    answers=FOUND,
    refusals=(413,),
)
