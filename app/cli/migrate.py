"""`spool migrate`"""

from typing import Annotated

import typer

from app.adapters.folder_lock import held
from app.bootstrap.schema import bring_to, schema_of
from app.cli.screen import print_json
from app.cli.service import AsJson
from app.config import load_settings

To = Annotated[
    str | None,
    typer.Option(metavar="REV", help="As `0011`, or `base`: an older one, to go back to."),
]
Look = Annotated[bool, typer.Option("--look", help="Change nothing: tell where it stands.")]


def migrate(to: To = None, look: Look = False, as_json: AsJson = False) -> None:
    """Bring the database to the newest schema, as each start does by itself, or back to the one
    of an older version, before that is started. No service may be using it.

    What an older schema has no place for is lost on the way back: make a backup first.
    """
    settings = load_settings()
    if not look:
        with held(settings.storage.data_dir):
            bring_to(settings, to)
    found, newest = schema_of(settings)
    if as_json:
        print_json({"schema": found, "newest": newest})
    else:
        print(f"schema {found or 'none'}, of {newest}")
