"""`spool backup DIR`"""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.bootstrap.backups import back_up, check_backup
from app.cli.screen import print_json
from app.cli.service import AsJson
from app.cli.trouble import FAILED
from app.config import AppSettings, load_settings
from app.domain.backups import Manifest

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A new one.")]
Check = Annotated[bool, typer.Option("--check", help="Read one that is there, all of it.")]


def backup(folder: Folder, check: Check = False, as_json: AsJson = False) -> None:
    """Copy the service of this machine's settings into a folder, while it works or rests: its
    rows, its files and the secret of its webhooks. Neither the index nor models, which are made
    and fetched again."""
    settings = load_settings()
    if check:
        _check(settings, folder, as_json)
        return
    _tell(asyncio.run(back_up(settings, folder)), as_json)


def _check(settings: AppSettings, folder: Path, as_json: bool) -> None:
    manifest, damaged = asyncio.run(check_backup(settings, folder))
    if as_json:
        print_json(manifest.document() | {"damaged": damaged})
    else:
        _tell(manifest, as_json=False)
        for line in damaged:
            print(f"damaged\t{line}")
        if not damaged:
            print("all of it is as it was when it was made")
    raise typer.Exit(FAILED if damaged else 0)


def _tell(manifest: Manifest, as_json: bool) -> None:
    if as_json:
        print_json(manifest.document())
    else:
        tell(manifest)


def tell(manifest: Manifest) -> None:
    """In a line; what it lacks on standard error."""
    size = f"{manifest.size / 1e6:,.1f} MB"
    when = f"{manifest.made_at:%Y-%m-%d %H:%M:%SZ}"
    print(f"{manifest.jobs} jobs, {manifest.files} files of {size}, as of {when}")
    for key in manifest.missing:
        print(f"missing before it was made: {key}", file=sys.stderr)
