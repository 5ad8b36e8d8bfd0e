"""The OpenAPI document: valid, complete, and shown on a page that asks nobody else."""

import json
import re
from collections import Counter
from typing import Any

import httpx2
import pytest
from openapi_spec_validator import validate

from app.web.docs import SWAGGER
from app.web.document import written
from app.web.operation import JSON, Answer, Door, Operation
from app.web.table import DOORS
from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUNDLE = "/docs/swagger-ui-bundle.js"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return written(DOORS)


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


async def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    validate(document)


async def test_the_document_is_served_as_it_is_written(
    spool: Spool, document: dict[str, Any]
) -> None:
    answer = await spool.http.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(document))


async def test_every_route_is_in_the_document_with_every_method_and_the_reverse(
    document: dict[str, Any],
) -> None:
    doors = [(re.sub(r":\w+}", "}", door.path), each) for door in DOORS for each in door.operations]
    told = [(path, each.upper()) for path, item in document["paths"].items() for each in item]
    assert sorted(doors) == sorted(told)


async def test_every_method_that_is_not_in_the_document_is_refused(
    spool: Spool, document: dict[str, Any]
) -> None:
    for path, item in document["paths"].items():
        told = {method.upper() for method in item}
        for method in set(METHODS) - told - ({"HEAD"} if "GET" in told else set()):
            answer = await spool.http.request(method, re.sub(r"{\w+}", "x", path))
            assert answer.status_code == 405, (method, path)
            allowed = set(answer.headers["allow"].split(", "))
            assert allowed - {"HEAD"} == told - {"HEAD"}, (method, path)


async def test_operation_ids_are_unique(document: dict[str, Any]) -> None:
    ids = Counter(each["operationId"] for each in operations(document))
    assert [name for name, times in ids.items() if times > 1] == []


async def test_every_operation_tells_of_a_success_and_its_scope(document: dict[str, Any]) -> None:
    for each in operations(document):
        assert any(status < "400" for status in each["responses"]), each["operationId"]
        assert each["security"] == [] or each["security"][0]["bearer"], each["operationId"]


async def test_every_error_has_one_of_three_shapes(document: dict[str, Any]) -> None:
    """Ours, OpenAI's, and JSON-RPC's where that is spoken. More may stand beside it, in one that
    tells of a job."""
    schemas = document["components"]["schemas"]
    for each in operations(document):
        for status, answer in each["responses"].items():
            if status >= "400":
                schema = answer["content"][JSON]["schema"]
                for kind in schema.get("anyOf", [schema]):
                    shape = schemas[kind["$ref"].rpartition("/")[2]]
                    assert "error" in shape["required"], (each["operationId"], status)
                    inner = shape["properties"]["error"]["$ref"].rpartition("/")[2]
                    known = {"Problem", "OpenAIProblem"}
                    known |= {"RpcProblem"} if each["operationId"] == "mcp" else set()
                    assert inner in known, (each["operationId"], status)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *[("post", f"/api/v1/jobs/{{job_id}}/{verb}") for verb in ("cancel", "retry")],
        *[("post", f"/api/v1/dead-letters/{of}replay") for of in ("", "{job_id}/")],
        *[("post", "/api/v1/keys"), ("delete", "/api/v1/keys/{key_id}")],
        *[("delete", "/api/v1/jobs/{job_id}"), ("put", "/api/v1/engines/default")],
        ("post", "/api/v1/webhooks/deliveries/{delivery_id}/replay"),
        *[(verb, "/api/v1/uploads/{upload_id}") for verb in ("head", "delete", "patch", "post")],
    ],
)
async def test_whatever_writes_can_find_the_disk_full(
    document: dict[str, Any], method: str, path: str
) -> None:
    assert "507" in document["paths"][path][method]["responses"]


async def test_what_only_reads_cannot_find_the_disk_full(document: dict[str, Any]) -> None:
    paths = document["paths"]
    for each in (paths["/api/v1/search"]["post"], paths["/api/v1/keys"]["get"]):
        assert "507" not in each["responses"]


async def test_every_operation_tells_what_the_edge_answers(document: dict[str, Any]) -> None:
    for each in operations(document):
        assert {"408", "421", "429", "431", "503"} <= each["responses"].keys()


async def test_post_for_another_method_wants_no_more_than_that_method(
    document: dict[str, Any],
) -> None:
    override = document["paths"]["/api/v1/uploads/{upload_id}"]["post"]
    headers = {each["name"]: each for each in override["parameters"] if each["in"] == "header"}
    wanted = {name for name, each in headers.items() if each["required"]}
    assert wanted == {"X-HTTP-Method-Override", "Tus-Resumable"}
    assert headers["X-HTTP-Method-Override"]["schema"]["enum"] == ["PATCH", "DELETE", "HEAD"]
    assert override["requestBody"]["required"] is False


@pytest.mark.parametrize("path", ["/health/", "/api/v1/jobs/", "/docs/", "/v1/models/"])
async def test_a_slash_too_many_leads_nowhere_and_is_no_redirect(spool: Spool, path: str) -> None:
    error(await spool.http.get(path), 404, "route.not_found")


async def test_no_component_is_named_after_a_module(document: dict[str, Any]) -> None:
    """Two models of one name would be."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


async def test_models_of_one_name_are_both_told_of() -> None:
    from app.web import job_answers, openai_schemas

    def door(path: str, model: Any) -> Door:
        operation = Operation(
            name=path,
            summary=path,
            tag="x",
            scope=None,
            answers={200: Answer(description="x", content={JSON: model})},
        )
        return Door(path=path, endpoint=DOORS[0].endpoint, operations={"GET": operation})

    first = type("Twin", (job_answers.Ticket,), {"__module__": "first"})
    second = type("Twin", (openai_schemas.ModelList,), {"__module__": "second"})
    document = written([door("/first", first), door("/second", second)])
    validate(document)
    assert {"first__Twin", "second__Twin"} <= document["components"]["schemas"].keys()


# the page


async def test_the_page_asks_nobody_else_and_all_that_it_asks_for_is_here(spool: Spool) -> None:
    page = await spool.http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    asked = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(asked) == 5
    for address in asked:
        if not address.startswith("data:"):
            found = await spool.http.get(httpx2.URL("http://localhost/docs").join(address))
            assert (found.status_code, found.url.host) == (200, "localhost")
            assert found.content


async def test_the_style_sheet_of_the_page_holds_its_pictures(spool: Spool) -> None:
    style = (await spool.http.get("/docs/swagger-ui.css")).text
    assert "@import" not in style
    assert re.findall(r"url\([\"']?(?!data:|[\"'])[^)]*", style) == []


async def test_the_page_runs_nothing_inline_and_nothing_from_elsewhere(spool: Spool) -> None:
    page = await spool.http.get("/docs")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert re.findall(r"<script(?![^>]*src=)|<style|\bon\w+=|style=", page.text) == []


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/swagger-ui-bundle.js"])
async def test_what_the_browser_has_is_not_sent_again(spool: Spool, path: str) -> None:
    first = await spool.http.get(path)
    head = await spool.http.head(path)
    assert (head.content, head.headers["etag"]) == (b"", first.headers["etag"])
    again = await spool.http.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await spool.http.get(path, headers={"If-None-Match": '"other"'})
    assert other.content == first.content


@pytest.mark.parametrize("name", ["docs.html", "..%2fdocs.html", "VERSION", "%00", "swagger-ui.js"])
async def test_no_other_file_is_served(spool: Spool, name: str) -> None:
    assert (await spool.http.get(f"/docs/{name}")).status_code == 404


async def test_the_licences_of_the_page_come_with_it(spool: Spool) -> None:
    assert "Apache License" in (await spool.http.get("/docs/LICENSE")).text
    named = re.search(r"see (\S+\.txt)", (await spool.http.get(BUNDLE)).text[:200])
    assert named is not None
    assert "DOMPurify" in (await spool.http.get(f"/docs/{named[1]}")).text
    assert "SmartBear" in (await spool.http.get("/docs/NOTICE")).text
    assert "5." in (SWAGGER / "VERSION").read_text()
