"""The guide as the service shows it."""

import re

import pytest

from app.adapters.markdown_guide import MarkdownGuide
from tests.api.spool import Spool, error

pytestmark = pytest.mark.asyncio(loop_scope="module")

GUIDE = "/docs/guide"


def addresses(page: str) -> set[str]:
    return set(re.findall(r'(?:href|src)="([^"]+)"', page))


async def test_every_page_is_listed_on_each_and_every_link_leads_to_what_is_there(
    spool: Spool,
) -> None:
    names = MarkdownGuide().titles()
    pages = [GUIDE, *(f"{GUIDE}/{name}" for name in list(names)[1:])]
    known: dict[str, str] = {}
    for path in pages:
        answer = await spool.http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "text/html; charset=utf-8",
        )
        known[path] = answer.text
        assert set(pages) <= addresses(answer.text)
        assert answer.text.count('aria-current="page"') == 1
    for path, text in known.items():
        for link in addresses(text):
            await leads(spool, known, path, link)


async def leads(spool: Spool, known: dict[str, str], path: str, link: str) -> None:
    if link.startswith("http"):
        return
    target, _, anchor = link.partition("#")
    target = target or path
    if target not in known:
        answer = await spool.http.get(target)
        assert answer.status_code == 200, (path, link)
    if anchor and anchor != "content":
        assert f'id="{anchor}"' in known[target], (path, link)


async def test_it_runs_nothing_and_asks_nobody_else(spool: Spool) -> None:
    answer = await spool.http.get(f"{GUIDE}/configuration")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "unsafe" not in policy and "http" not in policy
    assert re.findall(r"<script|<style|\bon\w+=\"|style=", answer.text) == []
    loaded = re.findall(r'<(?:link|img)[^>]+(?:href|src)="([^"]+)"', answer.text)
    assert loaded and all(each.startswith("/") for each in loaded)


async def test_its_picture_is_an_svg_in_which_nothing_runs(spool: Spool) -> None:
    answer = await spool.http.get(f"{GUIDE}/architecture.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert re.findall(r"<script|<style|\bon\w+=|href|style=", answer.text) == []


@pytest.mark.parametrize(("page", "name"), [("capacity", "scale.png"), ("measured", "asr.png")])
async def test_the_pictures_of_what_was_measured_are_shown(
    spool: Spool, page: str, name: str
) -> None:
    shown = (await spool.http.get(f"{GUIDE}/{page}")).text
    assert f'<img src="{GUIDE}/{name}"' in shown and "(picture:" not in shown
    answer = await spool.http.get(f"{GUIDE}/{name}")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "name", ["nothing", "index.md", "..%2findex", "%00", "x.svg", "..%2farchitecture.svg", "a/b"]
)
async def test_what_is_no_page_is_not_found(spool: Spool, name: str) -> None:
    error(await spool.http.get(f"{GUIDE}/{name}"), 404, "route.not_found")
