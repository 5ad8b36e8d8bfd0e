"""The files to deploy with say what they should; no container is started here."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.routing import Match

from app import __version__
from app.config import ALIASES, AppSettings
from app.server.last_resort import STOPS_WITHIN
from app.web.app import routes
from tests.buckets import Buckets
from tests.media import ROOT

DEPLOY = ROOT / "scripts" / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UNIT = DEPLOY / "spool.service"
#: They would take from the service what its walls around media are made of.
AGAINST_WALLS = {
    *("RestrictNamespaces", "SystemCallFilter", "SystemCallArchitectures"),
    *("PrivateUsers", "MemoryDenyWriteExecute", "ProtectProc", "ProcSubset"),
}


def leads(path: str) -> bool:
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in routes())


# compose


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_of_one_version_asked_for_its_health_and_started_again(name: str) -> None:
    service = SERVICES[name]
    image, _, tag = service["image"].partition(":")
    assert image and re.match(r"\d+\.\d+", tag), "pinned"
    assert service["healthcheck"]["test"] and service["restart"] == "unless-stopped"


def test_our_own_image_is_of_this_version_and_built_from_here() -> None:
    spool = SERVICES["spool"]
    assert spool["image"] == f"spool:{__version__}"
    context = (DEPLOY / spool["build"]["context"]).resolve()
    assert context == ROOT.resolve()
    assert (context / spool["build"]["dockerfile"]).is_file()


def test_every_setting_in_compose_exists() -> None:
    settings = AppSettings().model_dump()
    for name in SERVICES["spool"]["environment"]:
        if name.startswith("APP__"):
            _, section, key = name.lower().split("__")
            assert key in settings[section], name
        else:
            assert name in {*ALIASES, "FORWARDED_ALLOW_IPS"}, name


def test_no_secret_stands_in_compose() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert SERVICES["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${")
    assert re.findall(r"://[^$\s]*:[^$\s]*@", text) == []


def test_what_is_named_in_compose_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            assert volume.partition(":")[0] in COMPOSE["volumes"]
        assert set(service.get("depends_on", ())) <= set(SERVICES)
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert {each["source"] for each in service.get("configs", ())} <= set(COMPOSE["configs"])


def test_the_service_in_compose_can_write_to_its_volume_alone() -> None:
    spool = SERVICES["spool"]
    assert spool["read_only"] and spool["cap_drop"] == ["ALL"]
    assert spool["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in spool, "all come by the proxy"


def test_the_proxy_is_the_one_whose_word_counts_and_it_keeps_nothing() -> None:
    [network] = SERVICES["proxy"]["networks"].values()
    assert network["ipv4_address"] == SERVICES["spool"]["environment"]["FORWARDED_ALLOW_IPS"]
    told = COMPOSE["configs"]["proxy"]["content"]
    for line in (
        "proxy_request_buffering off;",
        "proxy_buffering off;",
        "client_max_body_size 0;",
        "proxy_set_header X-Forwarded-For $$remote_addr;",
    ):
        assert line in told
    assert told.count("{") == told.count("}")


def test_compose_gives_the_service_time_to_give_its_jobs_back() -> None:
    assert int(SERVICES["spool"]["stop_grace_period"].removesuffix("s")) > STOPS_WITHIN


def test_health_in_compose_is_asked_for_where_it_is_told() -> None:
    asked = [part for each in SERVICES.values() for part in each["healthcheck"]["test"]]
    paths = re.findall(r"http://127\.0\.0\.1:\d+(/[\w/]+)", " ".join(asked))
    assert sorted(paths) == ["/health/live", "/health/ready"]
    assert all(leads(path) for path in paths)


# systemd


@pytest.fixture(scope="module")
def unit() -> dict[str, str]:
    """`[Service]` of it, where no key is there twice."""
    text = UNIT.read_text(encoding="utf-8").split("[Service]")[1].split("\n[")[0]
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = dict(line.split("=", 1) for line in lines)
    assert len(found) == len(lines)
    return found


def test_the_unit_runs_as_a_user_of_its_own_who_gains_nothing(unit: dict[str, str]) -> None:
    assert unit["User"] not in ("", "root")
    assert unit["NoNewPrivileges"] == "yes" and unit["CapabilityBoundingSet"] == ""
    assert unit["ProtectSystem"] == "strict"
    assert unit["WorkingDirectory"] == f"/var/lib/{unit['StateDirectory']}"


def test_the_unit_leaves_the_service_its_own_walls(unit: dict[str, str]) -> None:
    assert AGAINST_WALLS & unit.keys() == set()


def test_the_unit_gives_the_service_time_to_give_its_jobs_back(unit: dict[str, str]) -> None:
    assert int(unit["TimeoutStopSec"]) > STOPS_WITHIN
    assert unit["KillMode"] == "mixed" and "KillSignal" not in unit


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    text = UNIT.read_text(encoding="utf-8").replace("/opt/spool/bin/spool", "/bin/true")
    (tmp_path / UNIT.name).write_text(text, encoding="utf-8")
    command = [analyze, "verify", "--man=no", str(tmp_path / UNIT.name)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60)
    said = [line for line in found.stderr.splitlines() if UNIT.name in line]
    assert said == []


# the bucket


def test_the_rule_for_a_bucket_ends_what_a_killed_service_left_and_touches_nothing_else(
    s3_server: Buckets,
) -> None:
    """As `aws s3api put-bucket-lifecycle-configuration` sends it."""
    import boto3  # type: ignore[import-untyped]

    rules: dict[str, Any] = json.loads((DEPLOY / "lifecycle.json").read_text(encoding="utf-8"))
    [rule] = rules["Rules"]
    assert set(rule) == {"ID", "Status", "Filter", "AbortIncompleteMultipartUpload"}
    options = s3_server.options
    client = boto3.client(
        "s3",
        endpoint_url=options["aws_endpoint"],
        region_name=options["aws_region"],
        aws_access_key_id=options["aws_access_key_id"],
        aws_secret_access_key=options["aws_secret_access_key"],
    )
    bucket = s3_server.made().removeprefix("s3://").partition("/")[0]
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=rules)
    assert client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == [rule]
