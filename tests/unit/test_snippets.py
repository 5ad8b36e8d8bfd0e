"""Snippets as plain text, in which what matched can be told from the rest."""

import pytest

from app.client import snippets


@pytest.mark.parametrize(
    ("snippet", "parts"),
    [
        ("Who <mark>stole</mark> it?", ["Who ", "stole", " it?"]),
        ("<mark>Jewels</mark> &amp; <mark>crowns</mark>", ["", "Jewels", " & ", "crowns", ""]),
        ("say &lt;mark&gt; and &amp;lt;", ["say <mark> and &lt;"]),
        ("", [""]),
    ],
)
def test_every_second_part_is_what_matched(snippet: str, parts: list[str]) -> None:
    assert snippets.parts(snippet) == parts
