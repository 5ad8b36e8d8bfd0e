"""`spool restore DIR`"""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from app.bootstrap.backups import restore as put_back
from app.cli.backup import tell
from app.cli.screen import print_json
from app.cli.service import AsJson
from app.config import load_settings

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="As `spool backup` made it.")]
Replace = Annotated[bool, typer.Option("--replace", help="Move aside what is in the data folder.")]


def restore(folder: Folder, replace: Replace = False, as_json: AsJson = False) -> None:
    """Put a backup into the data folder and the database of this machine's settings, which no
    service may be using. The next start builds the index; jobs that were running go on.

    Into PostgreSQL as well as SQLite, wherever the backup came from.
    """
    manifest = asyncio.run(put_back(load_settings(), folder, replace=replace))
    if as_json:
        print_json(manifest.document())
    else:
        tell(manifest)
