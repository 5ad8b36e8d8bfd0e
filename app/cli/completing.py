"""What a shell is told of names that only the service knows."""

import json
import os
from urllib.request import ProxyHandler, Request, build_opener

import typer

PATIENCE = 1.0  # seconds: somebody has pressed a key
MOST = 50


def job_ids(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Of the newest jobs, each with what it is. None where no service answers at once."""
    return [
        (job["job_id"], f"{job['status']} {job['title']}")
        for job in _asked(ctx, f"/api/v1/jobs?limit={MOST}", "jobs")
        if job["job_id"].startswith(incomplete)
    ]


def asset_ids(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """So with assets."""
    return [
        (asset["asset_id"], f"{asset['media_type']} {asset['title']}")
        for asset in _asked(ctx, f"/api/v1/assets?limit={MOST}", "assets")
        if asset["asset_id"].startswith(incomplete)
    ]


def share_ids(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """So with links, each with the asset that it leads to."""
    return [
        (share["share_id"], share["asset_id"])
        for share in _asked(ctx, f"/api/v1/shares?limit={MOST}", "shares")
        if share["share_id"].startswith(incomplete)
    ]


def _asked(ctx: typer.Context, path: str, name: str) -> list[dict[str, str]]:
    from app.cli.service import configured, named  # they may need the settings

    try:
        server = ctx.params.get("server") or named() or configured()
        key = ctx.params.get("api_key") or os.environ.get("SPOOL_API_KEY")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        asked = Request(f"{server.rstrip('/')}{path}", headers=headers)
        with build_opener(ProxyHandler({})).open(asked, timeout=PATIENCE) as answer:
            return list(json.load(answer)[name])
    except Exception:  # whatever it is, a shell that completes is no place to say it
        return []
