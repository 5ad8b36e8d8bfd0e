"""What several commands ask for in the same words."""

from pathlib import Path
from typing import Annotated

import typer

from app.domain.errors import InvalidRequest
from app.domain.media_types import MediaType


def _is_there(folder: Path) -> Path:
    if not folder.is_dir():
        raise InvalidRequest(f"{folder} is no folder")
    return folder


Folder = Annotated[
    Path, typer.Argument(help="With all folders in it.", metavar="DIR", callback=_is_there)
]
InPlace = Annotated[
    bool,
    typer.Option(
        "--in-place", help="The service reads the files where they are, under an allowed root."
    ),
]
Every = Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1, max=3600)]
#: Of a list.
Kind = Annotated[MediaType | None, typer.Option("--media-type", help="Only those.")]
Limit = Annotated[int, typer.Option(help="How many, newest first.", min=1, max=200)]
Cursor = Annotated[str | None, typer.Option(help="Where the page begins.")]
