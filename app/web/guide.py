"""`/docs/guide`: the guide, which comes with the program and asks nobody else for anything."""

from collections.abc import Mapping
from html import escape
from pathlib import PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.guide import HOME, PICTURES, GuidePage
from app.web.cached import cached
from app.web.doors import doors

PLACE = "/docs/guide"
#: Nothing runs, nothing comes from elsewhere; its pictures are its own.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
ICON = '<link rel="icon" href="/page/icon.svg" type="image/svg+xml">'
STYLES = "".join(f'<link rel="stylesheet" href="/page/{name}.css">' for name in ("style", "guide"))


async def home(request: Request) -> Response:
    return await _read(request, HOME)


async def page(request: Request) -> Response:
    name = request.path_params["page"]
    suffix = PurePosixPath(name).suffix
    if suffix in PICTURES:
        return await _picture(request, name, PICTURES[suffix])
    return await _read(request, name)


async def _read(request: Request, name: str) -> Response:
    guide = doors(request).guide
    found = await guide.page(name)
    if found is None:
        raise HTTPException(404)
    whole = written(found, await guide.titles()).encode()
    answer = cached(request, whole, "text/html")
    answer.headers["Content-Security-Policy"] = POLICY
    return answer


async def _picture(request: Request, name: str, kind: str) -> Response:
    found = await doors(request).guide.picture(name)
    if found is None:
        raise HTTPException(404)
    return cached(request, found, kind)


def written(page: GuidePage, titles: Mapping[str, str]) -> str:
    """`titles` are those of all pages, by name."""
    listed = "".join(_line(name, title, page.name) for name, title in titles.items())
    return "\n".join(
        (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(page.title)} - Spool</title>",
            f"{ICON}{STYLES}</head><body>",
            '<a class="skip" href="#content">To the text</a>',
            '<header class="top"><a class="brand" href="/">Spool</a>',
            f'<a href="{PLACE}">Guide</a> <a href="/docs">Routes</a></header>',
            f'<div class="guide"><nav aria-label="Pages of the guide"><ul>{listed}</ul></nav>',
            f'<main id="content">{page.body}</main></div></body></html>',
        )
    )


def _line(name: str, title: str, here: str) -> str:
    address = PLACE if name == HOME else f"{PLACE}/{name}"
    current = ' aria-current="page"' if name == here else ""
    return f'<li><a href="{address}"{current}>{escape(title)}</a></li>'
