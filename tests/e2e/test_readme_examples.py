"""Every example of README and guide that asks the service works as it stands."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.adapters.markdown_guide import MarkdownGuide
from tests.e2e.conftest import Server
from tests.e2e.readme import Example, Shell, Step, examples, refused, unlike
from tests.media import OWN, ROOT

DOCS = ROOT / "app" / "docs"
#: As they are read: the README, then the pages in the order of their list.
READ = [
    ROOT / "README.md",
    *(DOCS / f"{name}.md" for name in MarkdownGuide(DOCS).titles()),
]
EXAMPLES = [each for file in READ for each in examples(file.read_text(encoding="utf-8"), file.stem)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the reader of the README is, and what the service may read."""
    return tmp_path_factory.mktemp("reader")


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, model_folder: Path, folder: Path
) -> Iterator[Server]:
    """One of its own: examples change the default engine, and delete."""
    roots = {"APP__INGESTION__ALLOWED_ROOTS": json.dumps([str(folder)])}
    made = Server(tmp_path_factory.mktemp("readme"), model_folder, **roots)
    made.start()
    made.until_ready()
    yield made
    made.close()


@pytest.fixture(scope="module")
def shell(server: Server, folder: Path) -> Iterator[Shell]:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    completed = server.ingest(OWN / "jfk.flac")
    server.completed(completed)
    with Shell(folder, server.port, server.environment, completed) as opened:
        yield opened


@pytest.mark.parametrize("example", [each for each in EXAMPLES if not each.excuse], ids=str)
def test_an_example_does_what_it_shows(shell: Shell, example: Example) -> None:
    for step in example.steps:
        status, output = shell.run(step)
        assert (status == 0) != refused(step.shown), (step.command, status, output)
        assert unlike(step.shown, output) == [], (step.command, output)


def test_there_are_examples_and_most_of_them_run() -> None:
    assert EXAMPLES
    assert len([example for example in EXAMPLES if example.excuse is None]) > len(EXAMPLES) / 2


# the reader itself

MADE_UP = """
## A section

| how | example |
|---|---|
| a form | `curl -F file=@talk.mp4 localhost:8000/y` |
| far away <!-- not run: it is far --> | `curl example.org` |

```console
$ curl -s localhost:8000/health \\
    -H 'X: y'
{"a": 1}

$ echo no more
no more
```

<!-- not run: it needs the moon -->
```sh
# first
curl -T talk.mp4 localhost:8000/x
```

```sh
scripts/serve
spool keys list
```

```python
print("localhost:8000")
```

```python
print("nobody")
```
"""


def test_blocks_are_read_as_steps_with_their_output_and_their_excuse() -> None:
    first, second, keys, program, *_ = examples(MADE_UP)
    assert first.steps == (
        Step(command="curl -s localhost:8000/health \\\n    -H 'X: y'", shown='{"a": 1}'),
        Step(command="echo no more", shown="no more"),
    )
    assert (first.section, first.line, first.excuse) == ("A section", 10, None)
    assert second.steps == (Step(command="curl -T talk.mp4 localhost:8000/x"),)
    assert second.excuse == "it needs the moon"
    assert keys.steps[1] == Step(command="spool keys list")
    assert program.steps == (
        Step(command="python3 - <<'PROGRAM'\nprint(\"localhost:8000\")\nPROGRAM"),
    )


def test_commands_in_tables_are_read_with_their_excuse() -> None:
    *_, form, far = examples(MADE_UP)
    assert form.steps == (Step(command="curl -F file=@talk.mp4 localhost:8000/y"),)
    assert (form.line, form.excuse) == (6, None)
    assert far.excuse == "it is far"


@pytest.mark.parametrize(
    ("shown", "said", "found"),
    [
        ('{"a": 1, "b": [{"c": null}]}', '{"a": 2.5, "b": [{"c": "x"}]}', []),
        ('{"a": 1}', '{"b": 1}', ["answer.a is only shown", "answer.b is only said"]),
        ('{"a": [1]}', '{"a": []}', ["answer.a is empty"]),
        ('{"a": "x"}', '{"a": 1}', ["answer.a is no str: 1"]),
        ("1\n00:00:01,0 --> 00:00:02,0\nHello", "2\n00:00:03,0 --> 00:00:04,0\nYou", []),
        ("1\n00:00:01,0 --> 00:00:02,0\nHello", "Hello", ["no arrow -->"]),
        ("HTTP/1.1 201 Created", "HTTP/1.1 204 No Content", ["no status 201"]),
        ('{"a": 1, …}', '{"a": 1, "b": 2}', []),
        ("event: done\ndata: {}", "event: state\n", ["no event done"]),
        ("words", "", ["nothing was said"]),
    ],
)
def test_what_differs_in_shape_is_named(shown: str, said: str, found: list[str]) -> None:
    assert sorted(unlike(shown, said)) == found
