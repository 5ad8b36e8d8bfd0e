"""What the client reads and sends is what the document tells: field by field, both ways."""

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from app.client import (
    answers,
    assets,
    engines,
    figures,
    following,
    keys,
    results,
    retention,
    shares,
)
from app.client.answers import Answer
from app.client.submitting import Options
from app.web.assets_answers import Figures
from app.web.document import written
from app.web.document_schemas import REFERENCE
from app.web.table import DOORS

#: Model of the client -> the schemas that it reads; several, where one model serves for them all.
MODELS: Mapping[type[Answer], tuple[str, ...]] = {
    answers.Attempt: ("Attempt",),
    answers.Delivery: ("WholeDelivery", "Delivery"),
    answers.DeliveryPage: ("DeliveryPage",),
    answers.DeliveryTry: ("DeliveryTry",),
    answers.Found: ("Hits",),
    answers.Hit: ("Hit",),
    answers.Job: ("Job",),
    answers.JobPage: ("JobPage",),
    answers.JobSource: ("JobSource",),
    answers.Moment: ("Found",),
    answers.Problem: ("JobError", "Notice", "ProcessError"),
    answers.Ticket: ("Ticket",),
    assets.Asset: ("Asset", "ListedAsset", "CorrectedAsset"),
    assets.AssetPage: ("AssetPage",),
    engines.Engine: ("Engine",),
    engines.Engines: ("Engines",),
    engines.LoadedEngine: ("LoadedEngine",),
    engines.Provider: ("Provider",),
    figures.AtWork: ("ProcessStatus",),
    figures.Figures: ("Figures",),
    figures.IndexSize: ("IndexSize",),
    figures.Load: ("Processing",),
    figures.System: ("System",),
    figures.Workers: ("Workers",),
    keys.Key: ("Key",),
    keys.KeyList: ("KeyList",),
    keys.NewKey: ("MadeKey",),
    results.Chapter: ("Chapter",),
    results.Detection: ("LanguageDetection",),
    results.Guess: ("LanguageGuess",),
    results.Heading: ("Heading",),
    results.Passage: ("Passage",),
    results.Repair: ("Repair",),
    results.Result: ("Result", "AssetResult", "Partial"),
    results.Segment: ("Segment",),
    results.Speaker: ("Speaker",),
    results.Tag: ("Tag",),
    results.Topic: ("Topic",),
    results.Word: ("Word",),
    retention.Due: ("Due",),
    retention.LetGo: ("LetGo",),
    retention.OldJob: ("OldJob",),
    retention.Orphans: ("Orphans",),
    retention.Removed: ("Removed",),
    retention.Rules: ("Retention",),
    shares.NewShare: ("MadeLink",),
    shares.Share: ("SharedLink",),
    shares.ShareList: ("LinkList",),
}
#: Made here, of what is no JSON document.
OWN = {following.Event}
KINDS = {str: "string", datetime: "string", int: "integer", bool: "boolean"}

PARAMETERS = [pytest.param(model, id=model.__name__) for model in MODELS]


@pytest.fixture(scope="module")
def schemas() -> Mapping[str, Any]:
    """By name. Of a stream of lines the document tells no schema, so its model is asked."""
    line = Figures.model_json_schema(ref_template=f"{REFERENCE}{{model}}")
    document: dict[str, Any] = written(DOORS)["components"]["schemas"]
    return {**line["$defs"], **document, "Figures": line}


def below(kind: type[Answer]) -> Iterator[type[Answer]]:
    for each in kind.__subclasses__():
        yield from (each, *below(each))


def hints(model: type) -> dict[str, Any]:
    """Of its fields, as `read` goes by them."""
    found = get_type_hints(model)
    names = (each.name for each in dataclasses.fields(model))
    return {name: found[name] for name in names if name != "raw"}


def fits(hint: Any, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> bool:
    """Whether `read` takes it for what it is. Null always: it is the default."""
    hint = get_args(hint)[0] if get_origin(hint) is UnionType else hint
    if "anyOf" in schema:
        return all(fits(hint, each, schemas) for each in schema["anyOf"])
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(REFERENCE)
        return name in MODELS.get(hint, ()) or fits(hint, schemas[name], schemas)
    if schema["type"] == "null":
        return True
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        return schema["type"] == "array" and fits(inner, schema["items"], schemas)
    if (schema.get("format") == "date-time") is not (hint is datetime):
        return False
    if get_origin(hint) is Mapping:
        return bool(schema["type"] == "object")
    kinds = {float: ("number", "integer")}.get(hint, (KINDS.get(hint),))
    return schema["type"] in kinds


def test_every_model_of_the_client_is_held_against_the_document() -> None:
    """Those that it brings; not what a test elsewhere has made of them."""
    brought = {each for each in below(Answer) if each.__module__.startswith("app.client")}
    assert brought - OWN == MODELS.keys()


@pytest.mark.parametrize("model", PARAMETERS)
def test_fields_are_those_of_the_document(model: type[Answer], schemas: Mapping[str, Any]) -> None:
    told = {name for each in MODELS[model] for name in schemas[each]["properties"]}
    assert hints(model).keys() == told


@pytest.mark.parametrize("model", PARAMETERS)
def test_fields_are_read_as_what_they_are(model: type[Answer], schemas: Mapping[str, Any]) -> None:
    wrong = [
        f"{name}: {hint} of {each}"
        for each in MODELS[model]
        for name, hint in hints(model).items()
        if name in schemas[each]["properties"]
        and not fits(hint, schemas[each]["properties"][name], schemas)
    ]
    assert wrong == []


def test_what_may_be_changed_of_an_asset_is_what_the_service_changes(
    schemas: Mapping[str, Any],
) -> None:
    assert assets.Changes.__annotations__.keys() == schemas["AssetPatch"]["properties"].keys()


def test_options_of_a_job_are_those_that_the_service_knows(schemas: Mapping[str, Any]) -> None:
    told = schemas["Source"]["properties"].keys() - {"url", "path"}
    assert Options.__annotations__.keys() == told


def test_a_field_of_another_kind_would_be_found(schemas: Mapping[str, Any]) -> None:
    """The check itself can fail."""
    words, number = {"type": "string"}, {"type": "number"}
    moment = {"type": "string", "format": "date-time"}
    reference = {"$ref": f"{REFERENCE}Job"}
    cases: list[tuple[Any, Mapping[str, Any]]] = [
        (int, number),
        (str, moment),
        (datetime | None, {"anyOf": [words, {"type": "null"}]}),
        (tuple[str, ...], {"type": "array", "items": number}),
        (answers.Attempt, reference),
        (bool, words),
    ]
    for hint, schema in cases:
        assert not fits(hint, schema, schemas), hint
