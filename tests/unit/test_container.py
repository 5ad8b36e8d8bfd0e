"""What the container is made by says what it should; no image is built here."""

import re
from fnmatch import fnmatch
from typing import Any

import pytest
from starlette.routing import Match

from app.config import AppSettings
from app.web.app import routes
from scripts.locks import EXTRAS
from tests.media import ROOT

DEPLOY = ROOT / "scripts" / "deploy"
#: A step of it: the word that it begins with, and all the rest.
Step = tuple[str, str]


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    """Without comments, lines that go on joined."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines()
    pairs = [line.partition(" ") for line in joined if line.strip()]
    return [(word, rest.strip()) for word, _, rest in pairs]


def last(steps: list[Step]) -> list[Step]:
    """Those of the stage that becomes the image."""
    begin = max(at for at, (word, _) in enumerate(steps) if word == "FROM")
    return steps[begin:]


def test_it_runs_as_a_user_who_is_not_root_and_has_no_shell(steps: list[Step]) -> None:
    words = [word for word, _ in last(steps)]
    user = dict(last(steps))["USER"]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)
    assert words.index("USER") < words.index("CMD") and "RUN" not in words[words.index("USER") :]
    assert f"--uid {user.split(':')[0]}" in dict(last(steps))["RUN"]
    assert "nologin" in dict(last(steps))["RUN"]


def test_the_user_owns_nothing_of_the_program(steps: list[Step]) -> None:
    copied = [rest for word, rest in last(steps) if word == "COPY"]
    assert copied == ["--from=build /opt/spool /opt/spool"]
    assert dict(last(steps))["VOLUME"] == "/data"


def test_its_health_is_asked_for_where_the_service_tells_it(steps: list[Step]) -> None:
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/\S+?)'", dict(last(steps))["HEALTHCHECK"])
    assert asked is not None
    assert asked[1] == dict(last(steps))["EXPOSE"] == str(AppSettings().server.port)
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": asked[2], "headers": []}
    assert any(route.matches(scope)[0] is Match.FULL for route in routes())


def test_every_setting_that_it_makes_exists(steps: list[Step]) -> None:
    settings = AppSettings().model_dump()
    made = {name for word, rest in steps if word == "ENV" for name in re.findall(r"APP__\w+", rest)}
    assert made
    for name in made:
        _, section, key = name.lower().split("__")
        assert key in settings[section], name


def test_models_are_fetched_while_it_is_built_and_read_where_they_were_put(
    steps: list[Step],
) -> None:
    arguments = [rest.partition("=")[0] for word, rest in steps if word == "ARG"]
    assert {"BASE", "PARTS", "EXTRAS", "MODELS"} == set(arguments)
    [fetching] = [rest for word, rest in steps if word == "RUN" and "models --fetch" in rest]
    assert "${MODELS}" in fetching and "spool doctor" in fetching
    kept = [rest for word, rest in steps if word == "ENV" and "MODELS_DIR" in rest]
    assert len(kept) == 2
    assert all("APP__STORAGE__MODELS_DIR=/opt/spool/models" in rest for rest in kept)


def test_nothing_comes_from_elsewhere_but_by_the_locks(steps: list[Step]) -> None:
    assert all(word != "ADD" for word, _ in steps)
    python, *ran = [rest for word, rest in steps if word == "RUN"]
    assert "scripts/install ${PARTS} ${EXTRAS}" in ran
    assert re.findall(r"\b(?:curl|wget|pip install|apt-get|https?://)", " ".join(ran)) == []
    assert re.findall(r"install (.*?) &&", python) == [
        "-y --no-install-recommends python3 python3-venv"
    ]


def test_the_options_that_it_names_are_those_of_the_extras() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    named = set(re.findall(r"--(?:full|dask|telemetry)\b", text))
    assert named == set(EXTRAS.values())
    known = (ROOT / "scripts" / "install").read_text(encoding="utf-8")
    assert all(f"    {option}) " in known for option in named)


def test_every_stage_stands_on_the_base_that_is_named(steps: list[Step]) -> None:
    """The venv of the one runs in the other: its interpreter is that of the base."""
    assert [rest for word, rest in steps if word == "FROM"] == [
        "${BASE} AS ground",
        "ground AS build",
        "ground",
    ]
    [base] = [rest for word, rest in steps if word == "ARG" and rest.startswith("BASE=")]
    assert re.fullmatch(r"BASE=python:3\.1[123]-slim", base)


def test_the_base_for_a_card_is_named_with_its_version() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    [named] = re.findall(r"BASE=(nvidia/\S+)", text)
    assert re.fullmatch(r"nvidia/cuda:12\.\d+\.\d+-cudnn-runtime-ubuntu24\.04", named)
    assert named in (ROOT / "app" / "docs" / "security.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["data", ".env", ".git", ".venv", ".cache", "tests"])
def test_what_is_private_or_of_no_use_stays_out_of_it(name: str) -> None:
    """Beside the file of the image, where docker looks for it first."""
    written = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert name in written


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "config.toml", "pyproject.toml", "app"])
def test_what_it_is_built_of_is_not_left_out(name: str) -> None:
    written = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in written if line and not line.startswith("#")]
    assert [each for each in patterns if fnmatch(name, each)] == []
