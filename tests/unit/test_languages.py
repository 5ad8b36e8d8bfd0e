"""Languages: by code, by English name, in any case."""

import pytest

from app.domain.languages import LANGUAGES, language_code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("German", "de"),
        (" german\n", "de"),
        ("Mandarin", "zh"),
        ("castilian", "es"),
        ("yue", "yue"),
        ("haitian creole", "ht"),
    ],
)
def test_a_language_is_known_by_code_and_by_name(given: str, code: str) -> None:
    assert language_code(given) == code


@pytest.mark.parametrize("given", ["", " ", "Klingon", "xx", "auto", "en-US", "deutsch", "\0"])
def test_anything_else_is_unknown(given: str) -> None:
    assert language_code(given) is None


def test_every_code_and_every_name_leads_to_its_code() -> None:
    for code, name in LANGUAGES.items():
        assert language_code(code) == code
        assert language_code(name.title()) == code
