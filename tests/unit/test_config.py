"""Settings: from the file, from the environment, and a wrong one stops the start by name."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from app.config import ALIASES, AppSettings, GiB, load_settings, secrets_of, withdraw_secrets
from app.domain.errors import ConfigError


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No config.toml, and nothing of ours in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.upper().startswith("APP") or name in ALIASES or name == "SPOOL_CONFIG":
            monkeypatch.delenv(name)


def write(text: str, name: str = "config.toml") -> Path:
    Path(name).write_text(text)
    return Path(name).absolute()


def complaint(**overrides: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(**overrides)
    return caught.value.message


def test_without_file_and_environment_there_are_defaults() -> None:
    settings = load_settings()
    assert settings == AppSettings()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8000)
    assert settings.storage.data_dir == Path("data")
    assert settings.ingestion.allowed_roots == () and settings.ingestion.allowed_networks == ()
    assert settings.ingestion.max_file_size == 16 * GiB
    assert (settings.transcription.provider, settings.transcription.model) == (
        "faster_whisper",
        "base",
    )


def test_a_key_of_the_file_leaves_its_neighbours_at_their_defaults() -> None:
    write('[app.server]\nport = 9000\n[app.ingestion]\nallowed_roots = ["/srv/media", "x"]\n')
    settings = load_settings()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 9000)
    assert settings.ingestion.allowed_roots == (Path("/srv/media"), Path("x"))
    assert settings.ingestion.max_concurrent_jobs == 2


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write('[app.server]\nport = 9000\nhost = "0.0.0.0"\n')
    monkeypatch.setenv("APP__SERVER__PORT", "9001")
    monkeypatch.setenv("APP__INGESTION__ALLOWED_ROOTS", '["/a", "/b"]')
    monkeypatch.setenv("APP__LOGGING__JSON_LINES", "true")
    settings = load_settings()
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 9001)
    assert settings.ingestion.allowed_roots == (Path("/a"), Path("/b"))
    assert settings.logging.json_lines


def test_what_the_command_line_says_wins_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    write("[app.server]\nport = 9000\n")
    monkeypatch.setenv("APP__SERVER__PORT", "9001")
    monkeypatch.setenv("APP__SERVER__HOST", "::1")
    settings = load_settings(server={"port": 0})
    assert (settings.server.host, settings.server.port) == ("::1", 0)


def test_another_file_can_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write("[app.server]\nport = 1\n")
    monkeypatch.setenv("SPOOL_CONFIG", str(write("[app.server]\nport = 2\n", "other.toml")))
    assert load_settings().server.port == 2


@pytest.mark.parametrize("named", ["nowhere.toml", "."])
def test_a_named_file_that_is_none_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv("SPOOL_CONFIG", named)
    assert f"SPOOL_CONFIG names no file: {named}" in complaint()


def test_names_of_the_wider_world_are_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///x.db")
    monkeypatch.setenv("LANCEDB_URI", "/srv/index")
    monkeypatch.setenv("MAX_CONCURRENT_JOBS", "5")
    monkeypatch.setenv("MAX_FILE_SIZE", "1000")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    settings = load_settings()
    assert settings.storage.database_url == "sqlite:///x.db"
    assert settings.storage.index_uri == "/srv/index"
    assert settings.ingestion.max_concurrent_jobs == 5
    assert settings.ingestion.max_file_size == 1000
    assert settings.transcription.openai_api_key == "sk-1"


def test_our_own_names_win_over_those(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_CONCURRENT_JOBS", "5")
    monkeypatch.setenv("APP__INGESTION__MAX_CONCURRENT_JOBS", "7")
    assert load_settings().ingestion.max_concurrent_jobs == 7


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[app.server]\nprot = 1\n", "app.server.prot"),
        ("[app.sever]\nport = 1\n", "app.sever"),
        ("[sever]\nport = 1\n", "sever"),
        ('[app.server]\nport = "http"\n', "app.server.port"),
        ("[app.server]\nport = 65536\n", "app.server.port"),
        ("[app.ingestion]\nmax_concurrent_jobs = 0\n", "app.ingestion.max_concurrent_jobs"),
        ("[app.ingestion]\nmax_file_size = 0\n", "app.ingestion.max_file_size"),
        ('[app.ingestion]\nallowed_networks = ["10.0.0/8"]\n', "app.ingestion.allowed_networks.0"),
        ('[app.transcription]\nprovider = "aws"\n', "app.transcription.provider"),
        ('[app.transcription]\nmodel = ""\n', "app.transcription.model"),
        ("[app.transcription]\nmax_window = 30\n", "app.transcription.max_window"),
        ('[app.logging]\nlevel = "LOUD"\n', "app.logging.level"),
        ("[app]\nserver = 5\n", "app.server"),
        ("[app.server\n", "config.toml"),
        ("port = \n", "config.toml"),
    ],
)
def test_a_wrong_line_of_the_file_stops_the_start_and_is_named(text: str, named: str) -> None:
    write(text)
    assert named in complaint()


def test_every_wrong_key_is_named_at_once() -> None:
    write('[app.server]\nprot = 1\n[app.logging]\nlevel = "LOUD"\n')
    message = complaint()
    assert "app.server.prot" in message and "app.logging.level" in message
    assert "'LOUD'" in message


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("APP__SERVER__PORT", "http", "app.server.port"),
        ("APP__SERVER__PROT", "1", "app.server.prot"),
        ("APP__SEVER__PORT", "1", "app.sever"),
        ("APP__SERVER", "nonsense", "app"),
        ("APP__INGESTION__ALLOWED_ROOTS", "/srv/media", "allowed_roots"),
        ("APP__INGESTION__ALLOWED_ROOTS", "[", "allowed_roots"),
        ("MAX_CONCURRENT_JOBS", "many", "app.ingestion.max_concurrent_jobs"),
    ],
)
def test_a_wrong_variable_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str
) -> None:
    monkeypatch.setenv(name, value)
    assert named in complaint().lower()


def test_a_file_that_is_no_text_stops_the_start() -> None:
    Path("config.toml").write_bytes(b"\xff\xfe\x00")
    assert "config.toml" in complaint()


def test_a_misspelt_secret_is_named_but_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP__TRANSCRIPTION__OPENAI_KEY", "sk-secret")
    message = complaint()
    assert "app.transcription.openai_key" in message and "sk-secret" not in message


def test_the_key_is_not_in_what_is_printed_of_the_settings() -> None:
    assert "sk-secret" not in repr(load_settings(transcription={"openai_api_key": "sk-secret"}))


def test_networks_are_any_that_python_reads() -> None:
    networks = ("10.0.0.0/8", "fd00::/8", "192.0.2.7")
    settings = load_settings(ingestion={"allowed_networks": networks})
    assert settings.ingestion.allowed_networks == networks
    assert all(ip_network(network) for network in networks)


def test_settings_cannot_be_changed_once_loaded() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().server.port = 1


def test_a_refusal_begins_with_the_setting_and_says_nothing_of_its_validator() -> None:
    said = complaint(ingestion={"allowed_networks": ("nowhere",)})
    assert said.startswith("wrong setting: app.ingestion.allowed_networks.0: 'nowhere' ")
    assert "Value error" not in said


SECRETS = {
    "APP__WEBHOOKS__SECRET": "whsec_of_the_tests",
    "app__pictures__describer_api_key": "describer-of-the-tests",
    "OPENAI_API_KEY": "sk-of-the-tests",
    "DATABASE_URL": "postgresql://spool:swordfish@db/spool",
    "LANCEDB_URI": "/srv/index",
}


def test_secrets_are_told_apart_from_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    assert set(secrets_of(load_settings())) == {
        *("whsec_of_the_tests", "describer-of-the-tests", "sk-of-the-tests", "swordfish")
    }


OPTIONS = (
    '{"aws_endpoint": "http://localhost:9000", "aws_access_key_id": "spool",'
    ' "aws_secret_access_key": "bucket-of-the-tests"}'
)


def test_of_the_options_of_a_bucket_only_the_key_is_a_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APP__STORAGE__STORE_OPTIONS", OPTIONS)
    settings = load_settings()
    assert secrets_of(settings) == ("bucket-of-the-tests",)
    assert "bucket-of-the-tests" not in repr(settings)


def test_options_of_a_bucket_are_taken_out_of_the_environment_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APP__STORAGE__STORE_OPTIONS__AWS_SECRET_ACCESS_KEY", "bucket-of-the-tests")
    assert secrets_of(load_settings()) == ("bucket-of-the-tests",)
    withdraw_secrets()
    assert "bucket-of-the-tests" not in os.environ.values()


def test_keys_of_a_bucket_that_other_tools_read_too_are_taken_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing that is started inherits them, and what is opened later has them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id-of-the-tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "bucket-of-the-tests")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "another-of-the-tests")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    options = {"aws_endpoint": "http://localhost:9000"}
    settings = load_settings(storage={"files_url": "s3://bucket", "store_options": options})
    assert settings.storage.store_options == options | {
        "aws_access_key_id": "id-of-the-tests",
        "aws_secret_access_key": "bucket-of-the-tests",
    }
    assert secrets_of(settings) == ("bucket-of-the-tests",)
    assert load_settings().storage.store_options is None
    withdraw_secrets()
    assert not [name for name, value in os.environ.items() if "of-the-tests" in value]
    assert os.environ["AWS_REGION"] == "eu-west-1"


def test_keys_of_a_bucket_that_the_settings_name_are_mixed_with_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of somebody else")
    options = {"aws_access_key_id": "ours", "aws_secret_access_key": "ours, too"}
    settings = load_settings(storage={"index_uri": "s3://bucket", "store_options": options})
    assert settings.storage.store_options == options


@pytest.mark.parametrize(
    "url", ["s3://bucket", "s3://bucket/a/prefix", "gs://bucket", "az://box/x"]
)
def test_files_may_be_kept_in_a_bucket(url: str) -> None:
    assert load_settings(storage={"files_url": f"{url}/"}).storage.files_url == url


@pytest.mark.parametrize(
    "url", ["", "bucket", "/srv/files", "file:///srv", "https://bucket", "s3://", "s3://key@bucket"]
)
def test_what_names_no_bucket_is_refused(url: str) -> None:
    assert "a bucket is written s3://" in complaint(storage={"files_url": url})


def test_secrets_that_are_read_are_taken_out_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SPOOL_API_KEY", "spool_of_somebody")
    monkeypatch.setenv("APP__TRANSCRIPTION", '{"openai_api_key": "sk-another"}')
    monkeypatch.setenv("APP__SERVER__PORT", "9001")
    load_settings()
    withdraw_secrets()
    left = {name: value for name, value in os.environ.items() if "tests" in value}
    assert not {name.upper() for name in (*SECRETS, "SPOOL_API_KEY", "APP__TRANSCRIPTION")} & {
        name.upper() for name in os.environ
    }, left
    assert os.environ["APP__SERVER__PORT"] == "9001"


@pytest.mark.parametrize(
    "text",
    [
        '[app.webhooks]\nsecret = ["swordfish"]\n',
        '[app.transcription]\nopenai_api_key = {value = "swordfish"}\n',
        '[app.transcription]\nopenai_api_kee = "swordfish"\n',
        '[app.storage]\ndatabase_url = ["postgresql://spool:swordfish@db"]\n',
        '[app]\nwebhooks = "swordfish"\n',
        '[app.server]\nport = "http://spool:swordfish@host"\n',
    ],
)
def test_a_wrong_setting_is_named_without_the_secret_that_stands_there(text: str) -> None:
    write(text)
    message = complaint()
    assert message.startswith("wrong setting: app.") and "swordfish" not in message
