"""`/v1/models`: what may be asked for as `model`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.services.model_names import ModelNames
from app.web.body import no_query
from app.web.doors import doors
from app.web.openai_schemas import Model, ModelList


async def list_models(request: Request) -> Response:
    no_query(request)
    owners = await ModelNames(doors(request).engines).owners()
    models = [Model(id=name, owned_by=owner) for name, owner in owners.items()]
    return JSONResponse(ModelList(data=models).model_dump())


async def get_model(request: Request) -> Response:
    no_query(request)
    name = request.path_params["model"]
    owner = await ModelNames(doors(request).engines).owner(name)
    return JSONResponse(Model(id=name, owned_by=owner).model_dump())
