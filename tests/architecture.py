"""Holds the plan of the house against the source: every check returns what breaks it, in words."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Rooms that a room may enter besides itself. The roof (see `ROOF`) may enter every room.
FLOORS: dict[str, frozenset[str]] = {
    "domain": frozenset(),
    "ports": frozenset({"domain"}),
    "pipeline": frozenset({"domain", "ports"}),
    "services": frozenset({"domain", "ports", "pipeline"}),
    "adapters": frozenset({"domain", "ports"}),
    "web": frozenset({"domain", "services"}),
    "client": frozenset({"domain"}),
    "agents": frozenset({"domain", "client"}),
    "config": frozenset({"domain", "sections"}),
    "sections": frozenset({"domain"}),
    "logs": frozenset({"domain"}),
}
#: They put the house together and open its doors.
ROOF = frozenset({"__main__", "bootstrap", "cli", "server"})

#: Third-party module -> the only places under app/ that may import it ("" for all but the ground).
OWNERS: dict[str, tuple[str, ...]] = {
    "aiosqlite": ("adapters/sql/",),
    "alembic": ("adapters/sql/",),
    "anyio": ("",),
    "ctranslate2": ("adapters/engines/faster_whisper",),
    "dask": ("adapters/dask_pool/",),
    "distributed": ("adapters/dask_pool/",),
    "h11": ("server/",),
    "PIL": ("adapters/pictures/",),
    "httpx2": (
        "adapters/engines/",
        "adapters/egress",
        "adapters/pictures/describer",
        "adapters/weights",
        "agents/",
        "client/",
    ),
    "imageio_ffmpeg": ("adapters/ffmpeg", "cli/"),
    "keybert": ("adapters/embedders/",),
    "lancedb": ("adapters/lance_",),
    "loguru": ("",),
    "markdown_it": ("adapters/markdown_",),
    "mcp": ("agents/",),
    "multipart": ("web/",),
    "numpy": ("adapters/",),
    "rapidocr": ("adapters/pictures/reading",),
    "obstore": ("adapters/object_store/",),
    "onnx": ("adapters/weights",),
    "onnxruntime": (
        "adapters/embedders/",
        "adapters/pictures/",
        "adapters/silero",
        "adapters/speakers/",
    ),
    "prometheus_client": ("adapters/prometheus_meter",),
    "opentelemetry": ("adapters/otel_tracing",),
    "psutil": ("adapters/", "cli/"),
    "psycopg": ("adapters/sql/",),
    "pyarrow": ("adapters/lance_",),
    "pydantic": ("agents/", "web/", "config.py", "sections.py"),
    "pydantic_core": ("web/", "config.py"),
    "pydantic_settings": ("config.py",),
    "pywhispercpp": ("adapters/engines/whisper_cpp",),
    "_pywhispercpp": ("adapters/engines/whisper_cpp",),
    "rich": ("cli/",),
    "safetensors": ("adapters/weights",),
    "sentence_transformers": ("adapters/embedders/", "adapters/pictures/clip"),
    "sklearn": ("adapters/embedders/",),
    "snowballstemmer": ("adapters/snowball",),
    "soundfile": ("adapters/soundfile_",),
    "soxr": ("adapters/soundfile_",),
    "sqlalchemy": ("adapters/sql/",),
    "sse_starlette": ("web/",),
    "stamina": ("client/",),
    "standardwebhooks": ("adapters/webhook_signer",),
    "starlette": ("agents/", "web/", "server/"),
    "tokenizers": ("adapters/embedders/", "adapters/engines/faster_whisper"),
    "torch": ("adapters/embedders/", "adapters/pictures/clip"),
    "typer": ("cli/",),
    "uvicorn": ("server/",),
    "yaml": ("adapters/front_matter",),
}
#: These take seconds or hundreds of MB to import: only inside functions.
HEAVY = frozenset(
    {"alembic", "lancedb", "onnx", "onnxruntime", "pyarrow", "pywhispercpp", "_pywhispercpp"}
    | {"ctranslate2", "keybert", "sentence_transformers", "sklearn", "tokenizers", "torch"}
    | {"PIL", "dask", "distributed", "mcp", "opentelemetry", "rapidocr", "transformers"}
)
#: Modules that only a worker process, or a migration under way, ever imports.
IMPORTED_LATE = ("adapters/sql/migrations/",)

FORBIDDEN_WORDS = frozenset(
    {"util", "utils", "helper", "helpers", "common", "manager", "managers", "base", "misc"}
)
TOP_LEVEL = frozenset(
    {"LICENSE", "README.md", "app", "config.toml", "pyproject.toml", "scripts", "tests"}
)
LONGEST_FUNCTION = 40  # lines
LONGEST_FILE = 350  # lines


@dataclass(frozen=True, kw_only=True)
class Import:
    #: Of the file that imports, under app/, as posix.
    path: str
    line: int
    #: Dotted, absolute.
    module: str
    #: Runs when the file itself is imported.
    at_once: bool

    def __str__(self) -> str:
        return f"app/{self.path}:{self.line} imports {self.module}"


def imports(app: Path) -> Iterator[Import]:
    """Every import under app/, wherever it stands in its file."""
    for file in sorted(app.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        path = file.relative_to(app).as_posix()
        late = set(_late_nodes(tree))
        for node in ast.walk(tree):
            for module in _modules(node, path):
                yield Import(path=path, line=_line(node), module=module, at_once=node not in late)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _modules(node: ast.AST, path: str) -> list[str]:
    """Absolute names that this statement imports; `from app import x` counts as `app.x`."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        source = _absolute(node, path)
        if source == "app":
            return [f"app.{alias.name}" for alias in node.names]
        return [source]
    if isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
        return [
            argument.value
            for argument in node.args[:1]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
    return []


def _absolute(node: ast.ImportFrom, path: str) -> str:
    if not node.level:
        return node.module or ""
    package = ["app", *path.split("/")[:-1]]
    inside = package[: len(package) - node.level + 1]
    return ".".join([*inside, *filter(None, [node.module])])


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _late_nodes(tree: ast.Module) -> Iterator[ast.AST]:
    """All that does not run on import: bodies of functions and of `if TYPE_CHECKING`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
            isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        ):
            body = node.body if isinstance(node.body, list) else [node.body]
            for statement in body:
                yield from ast.walk(statement)


def room(path: str) -> str:
    """`adapters/sql/jobs.py` is in `adapters`, `ports.py` in `ports`, `__init__.py` nowhere."""
    first = path.split("/")[0].removesuffix(".py")
    return "" if first == "__init__" else first


def broken_floors(app: Path) -> list[str]:
    """Imports that point up, and rooms that the plan does not know."""
    found = []
    for each in imports(app):
        here, there = room(each.path), _room_entered(each.module)
        if here in ROOF or there in ("", here):
            continue
        if here not in FLOORS:
            found.append(f"{each}: {here or 'app/__init__'} is no room that may enter another")
        elif there not in FLOORS[here]:
            found.append(f"{each}: {here} may enter {', '.join(FLOORS[here]) or 'no room'}")
    strangers = {room(file.relative_to(app).as_posix()) for file in app.rglob("*.py")}
    known = {*FLOORS, *ROOF, ""}
    return found + [f"app/{name} is no room of the house" for name in sorted(strangers - known)]


def _room_entered(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "app" and len(parts) > 1 and parts[1] != "__version__" else ""


def crossed_adapters(app: Path) -> list[str]:
    """Adapters that import another; one family is a package, or files `name.py`, `name_*.py`."""
    return [
        f"{each}: adapters never import one another"
        for each in imports(app)
        if each.path.startswith("adapters/")
        and each.module.startswith("app.adapters.")
        and _family(each.path.split("/")[1].removesuffix(".py"))
        != _family(each.module.split(".")[2])
    ]


def _family(name: str) -> str:
    return name.split("_")[0]


def strange_libraries(app: Path) -> list[str]:
    """Third-party imports outside the one place that owns the library."""
    return [
        f"{each}: {_place(top)}"
        for each in imports(app)
        if (top := each.module.split(".")[0]) not in sys.stdlib_module_names
        and top != "app"
        and not _owns(each.path, top)
    ]


def _owns(path: str, library: str) -> bool:
    ground = room(path) in ("domain", "ports", "")
    return not ground and any(path.startswith(owner) for owner in OWNERS.get(library, ()))


def _place(library: str) -> str:
    owners = OWNERS.get(library)
    if owners is None:
        return "a library that OWNERS in tests/architecture.py does not list"
    return f"it belongs to {', '.join(owner or 'all but domain and ports' for owner in owners)}"


def heavy_at_once(app: Path) -> list[str]:
    """Heavy libraries that are imported as soon as the module is."""
    return [
        f"{each}: heavy; import it inside the function that needs it"
        for each in imports(app)
        if each.at_once
        and each.module.split(".")[0] in HEAVY
        and not each.path.startswith(IMPORTED_LATE)
    ]


def long_code(root: Path) -> list[str]:
    """Functions and files of app/ and scripts/ over the wall."""
    found = []
    for file in sorted([*(root / "app").rglob("*.py"), *(root / "scripts").glob("*.py")]):
        text, name = file.read_text(encoding="utf-8"), file.relative_to(root).as_posix()
        if (lines := len(text.splitlines())) > LONGEST_FILE:
            found.append(f"{name} has {lines} lines; {LONGEST_FILE} is the wall")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    found.append(f"{name}: {node.name} has {lines} lines; {LONGEST_FUNCTION} is it")
    return found


def vague_names(root: Path) -> list[str]:
    """Files and folders named after nothing."""
    return [
        f"{path.relative_to(root).as_posix()} is named after nothing"
        for folder in ("app", "scripts", "tests")
        for path in sorted((root / folder).rglob("*"))
        if "__pycache__" not in path.parts
        and (path.is_dir() or path.suffix == ".py")
        and FORBIDDEN_WORDS & set(path.name.removesuffix(".py").split("_"))
    ]


def busy_packages(app: Path) -> list[str]:
    """`__init__.py` files that hold more than a docstring, plain constants and imports."""
    return [
        f"app/{file.relative_to(app).as_posix()}:{node.lineno} has logic in __init__"
        for file in sorted(app.rglob("__init__.py"))
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if not _is_plain(node)
    ]


def _is_plain(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    value = getattr(node, "value", None)
    literal = isinstance(value, ast.Constant | ast.List | ast.Tuple)
    return isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) and literal


def strangers_at_top(root: Path) -> list[str]:
    """Names at the top level that are not in the plan; hidden and ignored ones aside."""
    lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = [line.strip().rstrip("/") for line in lines if line.strip()]
    return [
        f"{path.name} does not belong at the top level"
        for path in sorted(root.iterdir())
        if not path.name.startswith(".")
        and path.name not in TOP_LEVEL
        and not any(path.match(pattern) for pattern in ignored)
    ]
