"""What the routes of engines take and answer."""

from app.domain.keys import Scope
from app.web import engines_schemas, schemas
from app.web.operation import JSON, Answer, Operation

SHOWN = {JSON: engines_schemas.Engines}

LIST_ENGINES = Operation(
    name="list_engines",
    summary="Engines: which there are, which are loaded",
    tag="engines",
    scope=Scope.READ,
    query=schemas.NoQuery,
    answers={200: Answer(description="All of them.", content=SHOWN)},
)

SET_DEFAULT = Operation(
    name="set_default_engine",
    summary="Make another engine the default",
    tag="engines",
    scope=Scope.ADMIN,
    description="It is loaded first; jobs under way keep the engine that they began with. When it "
    "does not load, the default stays as it was. Lasts until the service ends.",
    query=schemas.NoQuery,
    body={JSON: engines_schemas.EngineChoice},
    answers={200: Answer(description="It is the default.", content=SHOWN)},
    refusals=(503,),
)
