"""What is written down is true: README, guide, config.toml and the locks against the code."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from starlette.routing import Match
from typer.core import TyperGroup

from app.cli.commands import COMMANDS
from app.cli.trouble import FAILED, INTERRUPTED, UNREACHABLE, WRONG_USAGE
from app.config import ALIASES, AppSettings, load_settings
from app.domain.metrics import CATALOGUE
from app.domain.writing.anchors import Anchors
from app.services.model_names import OPENAI_NAMES
from app.web import session_cookie
from app.web.app import routes
from app.web.openai_schemas import TranscriptionForm
from scripts.locks import EXTRAS, LOCKS, Pin, locked
from tests.codes import codes
from tests.written import DOCS, PAGES, WRITTEN, page, whole

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "config.toml"
#: `key = value`, or `# key = value` for a setting that is not set by default.
SETTING = re.compile(r"^(?P<off># )?(?P<key>[a-z][a-z0-9_]*) = (?P<value>.+)$")
DEFAULTS = {
    (section, key): default
    for section, keys in AppSettings().model_dump(mode="json").items()
    for key, default in keys.items()
}


ALERTS = ROOT / "scripts" / "deploy" / "alerts.yaml"


@pytest.fixture(scope="module")
def readme() -> str:
    return whole()


# config.toml


def _written_settings() -> Iterator[tuple[tuple[str, str], bool, str]]:
    """((section, key), whether it is commented out, the line above) for each setting."""
    section, above = "", ""
    for line in CONFIG.read_text(encoding="utf-8").splitlines():
        if line.startswith("[app."):
            section = line.removeprefix("[app.").removesuffix("]")
        elif match := SETTING.match(line):
            yield (section, match["key"]), bool(match["off"]), above
        above = line


def test_config_toml_lists_every_setting_and_no_other() -> None:
    assert [name for name, _, _ in _written_settings()] == list(DEFAULTS)


def test_config_toml_comments_out_what_has_no_default() -> None:
    commented = {name for name, off, _ in _written_settings() if off}
    assert commented == {name for name, default in DEFAULTS.items() if default is None}


def test_every_setting_in_config_toml_has_a_line_that_explains_it() -> None:
    unexplained = [
        name
        for name, _, above in _written_settings()
        if not above.startswith("# ") or SETTING.match(above)
    ]
    assert unexplained == []


def test_config_toml_holds_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    _use_config(monkeypatch, CONFIG)
    assert load_settings() == AppSettings()


def test_what_is_commented_out_in_config_toml_is_valid_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = CONFIG.read_text(encoding="utf-8").splitlines()
    every = tmp_path / "every.toml"
    every.write_text("\n".join(SETTING.sub(r"\g<key> = \g<value>", line) for line in lines))
    _use_config(monkeypatch, every)
    given = load_settings().model_dump()
    assert [(s, k) for s, keys in given.items() for k, v in keys.items() if v is None] == []


def _use_config(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    for name in [*ALIASES, *(_variable(*setting) for setting in DEFAULTS)]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SPOOL_CONFIG", str(path))


# README: settings


def _variable(section: str, key: str) -> str:
    return f"APP__{section}__{key}".upper()


def _cells(readme: str) -> str:
    """All rows of all tables."""
    return "\n".join(line for line in readme.splitlines() if line.startswith("|"))


def test_every_setting_is_in_a_table_of_the_readme(readme: str) -> None:
    table = _cells(readme)
    missing = [
        name
        for name in [*(_variable(*setting) for setting in DEFAULTS), *ALIASES]
        if f"`{name}`" not in table
    ]
    assert missing == []


def test_the_readme_names_no_setting_that_does_not_exist(readme: str) -> None:
    known = {_variable(*setting) for setting in DEFAULTS}
    written = set(re.findall(r"\bAPP__[A-Z]+__[A-Z0-9_]+\b", readme))
    assert written - known == set()


def test_every_setting_that_is_named_by_its_section_exists(readme: str) -> None:
    sections = "|".join({section for section, _ in DEFAULTS})
    named = set(re.findall(rf"`((?:{sections})\.[a-z_]+)\b", readme))
    known = {".".join(setting) for setting in DEFAULTS}
    assert named & known
    assert named - known - codes() == set()


# README: URLs


def test_every_route_is_in_the_readme(readme: str) -> None:
    # the page itself has no name behind its slash
    paths = re.findall(r"/[\w/{}:.-]+", readme) + re.findall(r"localhost:\d+(/)(?!\w)", readme)
    written = {_shape(path) for path in paths}
    missing = [route.path for route in routes() if _shape(route.path) not in written]
    assert missing == []


def _shape(path: str) -> str:
    """`/jobs/{id}` and `/jobs/{job_id}` are the same to a reader."""
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/.:")


def test_every_path_in_the_readme_leads_somewhere(readme: str) -> None:
    written = set(re.findall(r"(?<![\w/.-])(?:localhost:\d+)?(/(?:api|health)[\w/{}$.-]*)", readme))
    written |= set(re.findall(r"(?:localhost|127\.0\.0\.1):\d+(/[\w/{}$.-]+)", readme))
    lost = [path for path in sorted(written) if not _leads(path.rstrip("."))]
    # OpenAI's clients take /v1 as the address of the service
    assert [path for path in lost if path != "/v1"] == []


def _leads(path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "headers": []}
    return any(route.matches(scope)[0] is not Match.NONE for route in routes())


# README: the command line


def _commands() -> Iterator[str]:
    """`jobs`, and `jobs cancel`; what lists by itself needs no word for it."""
    for name, command in COMMANDS.items():
        made = command.load()
        verbs = made.commands if isinstance(made, TyperGroup) else ()
        yield from (name, *(f"{name} {verb}" for verb in verbs if verb != "list"))


def test_every_command_is_in_the_readme() -> None:
    section = page("command-line")
    missing = [each for each in _commands() if not re.search(rf"spool {each}\b", section)]
    assert missing == []


def test_the_readme_names_no_command_that_does_not_exist(readme: str) -> None:
    written = set(re.findall(r"(?:`|\$ |\()spool ([a-z][a-z-]*)", readme))
    assert written - set(COMMANDS) == set()


def test_every_exit_status_is_in_the_readme() -> None:
    section = page("command-line")
    for status in (0, FAILED, WRONG_USAGE, UNREACHABLE, INTERRUPTED):
        assert re.search(rf"^\| {status} \|", section, re.MULTILINE), status


# README: metrics


def test_the_table_of_metrics_is_the_catalogue() -> None:
    rows = [line for line in page("metrics").splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{each.name}` | {each.kind} | {', '.join(each.labels)} | {each.help} |"
        for each in CATALOGUE
    ]


def test_the_readme_names_no_metric_that_does_not_exist(readme: str) -> None:
    # files of the code are called so, too, and the wheel
    written = set(re.findall(r"\b(?:spool|process)_[a-z_]+\b(?!\.py|-)", readme))
    assert written - {each.name for each in CATALOGUE} - {session_cookie.NAME} == set()


def test_the_readme_tells_what_values_of_labels_mean() -> None:
    section = page("metrics")
    ours = ("outcome", "way", "reason")
    values = {value for each in CATALOGUE for label in ours for value in each.labels.get(label, ())}
    assert {value for value in values if f"`{value}`" not in section} == set()


# The guide

LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def _links(file: Path) -> list[str]:
    """To places here: pages, pictures, headings."""
    text = FENCED.sub("", file.read_text(encoding="utf-8"))
    return [link for link in LINK.findall(text) if "://" not in link]


def _headings(file: Path) -> set[str]:
    """What a link may name behind its `#`."""
    text, anchors = FENCED.sub("", file.read_text(encoding="utf-8")), Anchors()
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {anchors.name(words.replace("`", "")) for words in headings}


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.name)
def test_every_link_of_readme_and_guide_leads_to_what_is_there(file: Path) -> None:
    lost = []
    for link in _links(file):
        path, _, anchor = link.partition("#")
        target = file.parent / path if path else file
        if not target.is_file() or (anchor and anchor not in _headings(target)):
            lost.append(link)
    assert lost == []


def test_links_of_the_guide_go_to_pages_as_it_is_served() -> None:
    """The rest of the repository is not in the wheel."""
    served = {file.name for file in DOCS.iterdir()}
    links = {link.partition("#")[0] for file in PAGES for link in _links(file)} - {""}
    assert links - served == set()


def test_every_page_is_in_the_list_of_pages_and_can_be_reached_from_the_readme() -> None:
    pages = {file.name for file in PAGES}
    listed = [link for link in _links(DOCS / "index.md") if link.endswith(".md")]
    assert sorted(listed) == sorted(pages - {"index.md"})
    told = {link.partition("#")[0] for link in _links(ROOT / "README.md")}
    assert {f"app/docs/{name}" for name in listed} - told == set()


def test_every_file_that_is_named_is_there(readme: str) -> None:
    """A command has arguments behind it: its first word counts."""
    named = set(re.findall(r"`((?:app|scripts|tests)/[\w./-]+)", readme))
    assert len(named) > 30
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_alert_has_a_line_of_what_to_do() -> None:
    alerts = re.findall(r"- alert: (\w+)", ALERTS.read_text(encoding="utf-8"))
    rows = re.findall(r"^\| `(Spool\w+)` \| .+ \| .+ \|$", page("operations"), re.MULTILINE)
    assert rows == alerts


@pytest.mark.parametrize("there", ["migrate-openai", "migrate-speaches"])
def test_who_comes_from_elsewhere_finds_every_field_of_a_transcription(there: str) -> None:
    fields = {field.alias or name for name, field in TranscriptionForm.model_fields.items()}
    missing = {name for name in fields if not re.search(rf"`{re.escape(name)}[`=]", page(there))}
    only_there = {"chunking_strategy"} if there == "migrate-speaches" else set()
    assert missing == only_there


def test_who_comes_from_openai_finds_every_name_of_a_model_that_is_taken() -> None:
    assert [name for name in OPENAI_NAMES if f"`{name}`" not in page("migrate-openai")] == []


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.name)
def test_a_page_has_one_title_and_it_is_the_first_line(file: Path) -> None:
    text = FENCED.sub("", file.read_text(encoding="utf-8"))
    assert [match.start() for match in re.finditer(r"^# ", text, re.MULTILINE)] == [0]


# Locks


def _project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


ASKED: dict[str, list[str]] = {
    "requirements": _project()["project"]["dependencies"],
    **{
        f"requirements-{extra}": _project()["project"]["optional-dependencies"][extra]
        for extra in EXTRAS
    },
    "requirements-dev": _project()["dependency-groups"]["dev"],
}


def _locked_before(name: str) -> dict[str, Pin]:
    """Each lock leaves out what the one that it is installed on top of pins."""
    return {} if name == "requirements" else locked("requirements")


@pytest.mark.parametrize("name", ASKED)
def test_the_lock_pins_what_pyproject_asks_for(name: str) -> None:
    pins = _locked_before(name) | locked(name)
    for text in ASKED[name]:
        wanted = Requirement(text)
        pin = pins[canonicalize_name(wanted.name)]
        assert [clause.operator for clause in pin.requirement.specifier] == ["=="]
        assert wanted.specifier.contains(pin.version)


@pytest.mark.parametrize("name", ASKED)
def test_the_lock_holds_nothing_that_nobody_asks_for(name: str) -> None:
    asked = {canonicalize_name(Requirement(text).name) for text in ASKED[name]}
    direct = {package for package, pin in locked(name).items() if "spool-media" in pin.asked}
    assert direct == asked - _locked_before(name).keys()


def test_every_extra_has_a_lock() -> None:
    assert _project()["project"]["optional-dependencies"].keys() == EXTRAS.keys()
    assert tuple(ASKED) == LOCKS


def test_the_locks_agree_and_name_no_place_to_fetch_from() -> None:
    pins: dict[str, str] = {}
    for name in ASKED:
        assert "://" not in (ROOT / "scripts" / f"{name}.lock").read_text(encoding="utf-8")
        for package, pin in locked(name).items():
            told = str(pin.requirement)
            assert pins.setdefault(package, told) == told


def test_torch_is_pinned_and_its_cuda_packages_are_not() -> None:
    pins = locked("requirements-torch")
    assert str(pins["torch"].requirement.specifier) == "==2.13.0"
    assert [name for name in pins if name.startswith(("nvidia-", "cuda-", "triton"))] == []
