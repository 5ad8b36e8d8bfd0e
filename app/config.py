"""Settings: one section class per `[app.*]` table of config.toml; the environment overrides it.

Every key can be set as `APP__<SECTION>__<KEY>` (lists as JSON). A wrong key or value stops the
start with a line that names it. `config.toml` in the repository lists every key with its default.
"""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import TomlConfigSettingsSource as TomlSource

from app.domain.buckets import KEYS, bucket_url, keys_told
from app.domain.errors import ConfigError
from app.domain.redaction import one_line
from app.sections import Retention, Section

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

KiB = 1024
MiB = 1024 * KiB
GiB = 1024 * MiB
MOST_SHOWN = 200  # characters of a wrong value


def _network(cidr: str) -> str:
    ip_network(cidr)  # raises ValueError, which names it
    return cidr


def _origin(text: str) -> str:
    """As a browser writes it, for that is what it is compared with."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or text != f"{parts.scheme}://{parts.netloc}".lower():
        raise ValueError("an origin is written https://host or https://host:port, in lower case")
    return text


def _with_keys(options: dict[str, str] | None, storage: ValidationInfo) -> dict[str, str] | None:
    url = storage.data.get("files_url") or storage.data.get("index_uri") or ""
    return keys_told(url, options or {}, os.environ) or options


Options = Annotated[dict[str, str] | None, AfterValidator(_with_keys)]


class Server(Section):
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    #: Empty: as soon as other machines can reach it.
    require_keys: bool | None = None
    #: Requests a minute; 0: none. Empty: none on loopback, else `RATE_LIMIT` of the gate.
    rate_limit: Annotated[int, Field(ge=0)] | None = None
    allowed_hosts: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    cors_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    #: 0: as many as descriptors allow.
    max_connections: Annotated[int, Field(ge=0)] = 0
    max_header_bytes: Annotated[int, Field(ge=1024, le=MiB)] = 64 * KiB
    header_timeout: Annotated[float, Field(gt=0, le=3600)] = 10.0
    body_timeout: Annotated[float, Field(gt=0, le=3600)] = 30.0
    keep_alive_timeout: Annotated[float, Field(gt=0, le=3600)] = 15.0


class Storage(Section):
    data_dir: Path = Path("data")
    #: Empty: `<data_dir>/models`.
    models_dir: Path | None = None
    #: Empty: SQLite at `<data_dir>/spool.db`.
    database_url: str | None = Field(default=None, repr=False)
    database_connections: Annotated[int, Field(ge=2, le=1000)] = 10
    #: Empty: `<data_dir>/index`.
    index_uri: str | None = Field(default=None, repr=False)
    #: Empty: `data_dir`.
    files_url: Annotated[str, AfterValidator(bucket_url)] | None = None
    #: By their names in the library object_store.
    store_options: Options = Field(default=None, repr=False)
    low_water: Annotated[int, Field(ge=0)] = 512 * MiB
    high_water: Annotated[int, Field(ge=0)] = GiB
    ballast: Annotated[int, Field(ge=0)] = 64 * MiB


class Ingestion(Section):
    max_concurrent_jobs: Annotated[int, Field(ge=1, le=64)] = 2
    max_errors: Annotated[int, Field(ge=1, le=20)] = 5
    max_crashes: Annotated[int, Field(ge=1, le=20)] = 3
    allowed_roots: tuple[Path, ...] = ()
    max_file_size: Annotated[int, Field(ge=1)] = 16 * GiB
    max_duration: Annotated[float, Field(gt=0)] = 24 * 3600.0
    upload_expires: Annotated[float, Field(ge=1, le=365 * 24 * 3600)] = 24 * 3600.0
    allowed_networks: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    #: Empty: those of the web, and most above 1023.
    allowed_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = ()
    watch_folders: tuple[Path, ...] = ()
    watch_settle: Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)] = 5.0
    #: 0: for ever.
    job_cleanup_days: Annotated[float, Field(ge=0, le=36500, allow_inf_nan=False)] = 0.0


class Transcription(Section):
    provider: Literal["auto", "faster_whisper", "whisper_cpp", "openai"] = "faster_whisper"
    model: Annotated[str, Field(min_length=1)] = "base"
    #: 0: as many as cores, and one on a card.
    workers: Annotated[int, Field(ge=0, le=64)] = 0
    max_window: Annotated[float, Field(ge=5, le=28)] = 16.0
    unload_after: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 900.0
    openai_base_url: str = "https://api.openai.com/v1"
    openai_api_key: str | None = Field(default=None, repr=False)
    openai_model: str = "whisper-1"


class Workers(Section):
    #: Where engines run; all else is done by processes of this machine.
    backend: Literal["processes", "dask"] = "processes"
    dask_address: Annotated[str, Field(pattern=r"^(tcp|tls)://\S+:[0-9]+$")] | None = None
    memory_limit: Annotated[int, Field(ge=0)] = 0
    recycle_after: Annotated[int, Field(ge=0)] = 1000


class Search(Section):
    embedding_model: Annotated[str, Field(min_length=1)] = "all-MiniLM-L6-v2"
    backend: Literal["auto", "torch", "onnx"] = "auto"


class Pictures(Section):
    ocr: bool = True
    #: "none": pictures are found by what stands in them alone.
    visual_model: Annotated[str, Field(min_length=1)] = "efficientnet-lite0"
    max_pixels: Annotated[int, Field(ge=1, le=1_000_000_000)] = 100_000_000
    #: Empty: nobody is asked.
    describer_base_url: str | None = None
    describer_api_key: str | None = Field(default=None, repr=False)
    describer_model: Annotated[str, Field(min_length=1)] = "gpt-4o-mini"
    #: A film has thousands of them, and each is a call.
    describe_keyframes: bool = False


class Models(Section):
    pypi: bool = True
    hub: bool = True
    hub_url: str = "https://huggingface.co"


class Webhooks(Section):
    timeout: Annotated[float, Field(ge=1, le=60)] = 15.0
    max_retries: Annotated[int, Field(ge=0, le=100)] = 9
    retry_delay: Annotated[float, Field(ge=0.1, le=3600)] = 5.0
    secret: str | None = Field(default=None, repr=False)


class Telemetry(Section):
    traces: bool = False


class Logging(Section):
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json_lines: bool = False


class AppSettings(Section):
    server: Server = Server()
    storage: Storage = Storage()
    ingestion: Ingestion = Ingestion()
    retention: Retention = Retention()
    transcription: Transcription = Transcription()
    workers: Workers = Workers()
    search: Search = Search()
    pictures: Pictures = Pictures()
    models: Models = Models()
    webhooks: Webhooks = Webhooks()
    logging: Logging = Logging()
    telemetry: Telemetry = Telemetry()


#: Names from the wider world, understood beside ours; ours win.
ALIASES = {
    "DATABASE_URL": ("storage", "database_url"),
    "LANCEDB_URI": ("storage", "index_uri"),
    "MAX_CONCURRENT_JOBS": ("ingestion", "max_concurrent_jobs"),
    "JOB_CLEANUP_DAYS": ("ingestion", "job_cleanup_days"),
    "MAX_FILE_SIZE": ("ingestion", "max_file_size"),
    "WEBHOOK_TIMEOUT": ("webhooks", "timeout"),
    "WEBHOOK_MAX_RETRIES": ("webhooks", "max_retries"),
    "WEBHOOK_RETRY_DELAY": ("webhooks", "retry_delay"),
    "OPENAI_API_KEY": ("transcription", "openai_api_key"),
}


class EnvSource(EnvSettingsSource):
    """The environment. What should be JSON and is not goes on as text: validation names its key."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class AliasSource(PydanticBaseSettingsSource):
    """`DATABASE_URL` and friends, from the environment."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        app: dict[str, dict[str, str]] = {}
        for name, (section, key) in ALIASES.items():
            if os.environ.get(name):
                app.setdefault(section, {})[key] = os.environ[name]
        return {"app": app} if app else {}


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    app: AppSettings = AppSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlSource(settings_cls, _config_file())
        return init_settings, EnvSource(settings_cls), AliasSource(settings_cls), toml


def _config_file() -> Path:
    """`SPOOL_CONFIG`, else config.toml in the working folder (which need not exist)."""
    named = os.environ.get("SPOOL_CONFIG")
    if named and not Path(named).is_file():
        raise ConfigError(f"SPOOL_CONFIG names no file: {named}")
    return Path(named or "config.toml")


def load_settings(**overrides: Any) -> AppSettings:
    """Read config.toml and the environment. Raises ConfigError naming each wrong key.

    `overrides` are sections by name, for tests and the command line: `server={"port": 0}`.
    """
    try:
        given: dict[str, Any] = {"app": overrides} if overrides else {}
        return Settings(**given).app
    except ValidationError as error:
        raise ConfigError(_explain(error)) from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"{_config_file()}: {error}") from error


def secrets_of(settings: AppSettings) -> tuple[str, ...]:
    """Keys and passwords, for those who must not tell them."""
    told = {key: getattr(getattr(settings, section), key) for section, key in SECRET}
    found = [text for key, value in told.items() if value for text in _secrets_in(key, value)]
    return tuple(text for text in found if text)


def withdraw_secrets() -> None:
    """Out of the environment, once they are read: all that is started inherits it."""
    whole = {"APP", *(f"APP__{section}" for section, _ in SECRET)}
    single = {f"APP__{section}__{key}" for section, key in SECRET}
    others = {name for name, place in ALIASES.items() if place in SECRET}
    hidden = {name.upper() for name in (*whole, *single, *others, *KEYS, "SPOOL_API_KEY")}
    parts = tuple(f"{name.upper()}__" for name in single)
    for name in list(os.environ):
        if name.upper() in hidden or name.upper().startswith(parts):
            del os.environ[name]


def _secrets_in(key: str, value: str | dict[str, str]) -> list[str | None]:
    if isinstance(value, str):
        return [_password(value) if key.endswith(ADDRESSES) else value]
    return [text for name, text in value.items() if name.lower().endswith(OPTIONS)]


def _password(text: str) -> str | None:
    try:
        return urlsplit(text).password
    except ValueError:  # a bracket in it
        return None


#: Of keys whose values are no secret but for the password in them.
ADDRESSES = ("_url", "_uri")
#: Of options of a store, those that are secret.
OPTIONS = ("key", "secret", "token")
#: Section and key.
SECRET = frozenset(
    (section, key)
    for section, kind in AppSettings.__annotations__.items()
    for key, field in kind.model_fields.items()
    if not field.repr
)


def _explain(error: ValidationError) -> str:
    return "wrong setting: " + "; ".join(_line(item) for item in error.errors())


def _line(item: "ErrorDetails") -> str:
    unknown = item["type"] == "extra_forbidden"
    said = "there is no such setting" if unknown else item["msg"].removeprefix("Value error, ")
    return f"{'.'.join(str(part) for part in item['loc'])}: {said}{_got(item)}"


def _got(item: "ErrorDetails") -> str:
    """The value, but not of a key that we do not know, which may be a misspelt secret; of one that
    is secret; or of a whole section, in which one may stand."""
    place = item["loc"][1:3]
    if item["type"] == "extra_forbidden" or len(place) < 2 or place in SECRET:
        return ""
    return f" (got {one_line(repr(item['input']), MOST_SHOWN)})"
