"""Names in the guide, and names in the code: each is in the other, with what belongs to it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Match
from typer.core import TyperGroup

from app.cli.commands import COMMANDS
from app.config import ALIASES, AppSettings, load_settings
from app.web.app import routes
from app.web.table import DOORS
from scripts.bench_run import MEASURES
from tests.codes import codes, warnings
from tests.written import PAGES, page, whole

#: What others have, and we do not, stands there in the first column.
MOVING = "migrate-"
#: Older than the custom.
UNDOTTED = {"cancelled", "internal", "interrupted", "not_found"}
METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
DOOR = re.compile(rf"`({METHODS}) (/[^\s`?]*)")


# Settings


def test_the_table_of_settings_has_each_with_its_default_and_names_in_their_order() -> None:
    row = re.compile(r"^\| `([a-z_.]+)` \| (.*?) ?\| (`APP__.+?`) \| .+ \|$", re.MULTILINE)
    rows = row.findall(page("configuration"))
    assert rows == [
        (f"{section}.{key}", "" if default is None else f"`{json.dumps(default)}`", names)
        for (section, key), default, names in _defaults()
    ]


def _defaults() -> Iterator[tuple[tuple[str, str], Any, str]]:
    for section, keys in AppSettings().model_dump(mode="json").items():
        for key, default in keys.items():
            others = [name for name, place in ALIASES.items() if place == (section, key)]
            names = [f"APP__{section}__{key}".upper(), *others]
            yield (section, key), default, ", ".join(f"`{name}`" for name in names)


def _examples() -> Iterator[Any]:
    for file in PAGES:
        texts = re.findall(r"^```toml\n(.*?)^```$", file.read_text(), re.DOTALL | re.MULTILINE)
        yield from (pytest.param(text, id=f"{file.stem}-{n}") for n, text in enumerate(texts))


@pytest.mark.parametrize("text", [*_examples()])
def test_settings_that_the_guide_shows_are_taken(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = tmp_path / "config.toml"
    shown.write_text(text, encoding="utf-8")
    for _, _, names in _defaults():
        for name in names.replace("`", "").split(", "):
            monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SPOOL_CONFIG", str(shown))
    assert load_settings() != AppSettings()


# Routes


def _written_doors() -> Iterator[tuple[str, str]]:
    """Methods with their paths."""
    for file in PAGES:
        text = file.read_text(encoding="utf-8")
        if file.stem.startswith(MOVING):
            text = re.sub(r"^\|[^|]*\|", "|", text, flags=re.MULTILINE)
        yield from DOOR.findall(text)


def test_every_method_is_written_with_a_path_that_knows_it() -> None:
    lost = [(method, path) for method, path in _written_doors() if not _leads(method, path)]
    assert lost == []


def _leads(method: str, path: str) -> bool:
    scope = {"type": "http", "method": method, "path": path, "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in routes())


def test_every_route_that_changes_something_is_written_with_its_method() -> None:
    written = {(method, _shape(path)) for method, path in _written_doors()}
    asked = {(method, _shape(door.path)) for door in DOORS for method in door.operations}
    missing = {each for each in asked - written if each[0] not in ("GET", "HEAD", "OPTIONS")}
    assert missing == set()


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


# Commands

#: A command with what stands behind it, in a line of its own, after a prompt, or in backticks.
CALL = re.compile(r"(?:`|^|\$ )spool ([a-z][a-z-]*)([^`\n]*)", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def _options(made: Any) -> set[str]:
    """Of a command, and of those in it."""
    own = {
        option
        for parameter in made.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    inner = made.commands.values() if isinstance(made, TyperGroup) else ()
    return own.union({"--help"}, *map(_options, inner))


def test_every_verb_that_is_written_exists() -> None:
    lost = []
    for name, rest in CALL.findall(whole()):
        made, verb = COMMANDS[name].load(), re.match(r" ([a-z][a-z-]+)\b", rest)
        if verb and isinstance(made, TyperGroup) and verb[1] not in made.commands:
            lost.append(f"spool {name}{rest}")
    assert lost == []


def test_every_option_that_is_written_with_a_command_is_one_of_it() -> None:
    lost = []
    for name, rest in CALL.findall(whole()):
        known = _options(COMMANDS[name].load())
        lost += [f"spool {name} {each}" for each in OPTION.findall(rest) if each not in known]
    assert lost == []


def test_every_option_in_the_table_of_commands_is_of_one_that_its_row_names() -> None:
    lost = []
    for row in re.findall(r"^\| `spool .*$", page("command-line"), re.MULTILINE):
        known = set().union(*(_options(COMMANDS[name].load()) for name, _ in CALL.findall(row)))
        lost += [f"{each}: {row[:40]}" for each in OPTION.findall(row) if each not in known]
    assert lost == []


# Codes


def test_no_row_of_errors_is_of_a_code_that_does_not_exist() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \|", page("errors"), re.MULTILINE)
    assert len(rows) > 60
    assert set(rows) - codes() == set()


def test_every_code_of_an_error_or_a_warning_is_on_the_page_of_errors() -> None:
    told = {each for each in codes() | warnings() if "." in each} | UNDOTTED
    assert len(told) > 100
    assert {each for each in told if f"`{each}`" not in page("errors")} == set()


# Measures


def test_every_measure_is_told_and_no_other() -> None:
    rows = re.findall(r"^\| (`scripts/bench .*?) \|", page("measured"), re.MULTILINE)
    told = [name for row in rows for name in re.findall(r"`(?:scripts/bench )?(\w+)`", row)]
    assert sorted(told) == sorted(MEASURES)
