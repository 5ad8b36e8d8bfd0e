"""`/v1/models`: what may be asked for as `model`."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.services.model_names import ModelNames
from app.web.doors import doors
from app.web.openai_schemas import Model, ModelList
from app.web.schemas import NoQuery


async def list_models(request: Request) -> Response:
    NoQuery.model_validate_strings(dict(request.query_params))
    owners = await ModelNames(doors(request).engines).owners()
    models = [Model(id=name, owned_by=owner) for name, owner in owners.items()]
    return JSONResponse(ModelList(data=models).model_dump())


async def get_model(request: Request) -> Response:
    NoQuery.model_validate_strings(dict(request.query_params))
    name = request.path_params["model"]
    names = ModelNames(doors(request).engines)
    await names.engine(name)  # raises when there is none
    return JSONResponse(Model(id=name, owned_by=(await names.owners())[name]).model_dump())
